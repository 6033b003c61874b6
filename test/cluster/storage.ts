/** Storage of the bed: snapshot controller and CSI sidecars, Longhorn's API and CSI controller, the data-plane double. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Client, KubeObject } from './client.ts';
import { kubeconfigOf } from './control-plane.ts';
import { fixturesFolder } from './places.ts';
import { hasWebhooks } from './parts.ts';
import type { Program } from './processes.ts';
import { start } from './processes.ts';
import type { BedState } from './state.ts';
import { longhornWebhookArgs, prepareCertificate, registerLonghornWebhook } from './webhooks.ts';

/** Folder the S3 server serves; the data-plane double writes Longhorn's files straight into it. */
export const servedFolder = (state: BedState): string => join(state.store ?? state.run, 's3');
const ledgerFile = (state: BedState): string => join(state.run, 'deleted-backups.jsonl');
const socket = (state: BedState): string => join(state.run, 'csi.sock');

const MANAGER_POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'longhorn-system', name: 'longhorn-manager-bed' };

export interface LostBackup {
  readonly backup: string;
  readonly volume: string;
  /** Only the object went, as when a target is disconnected; the data is still in the store. */
  readonly objectOnly: boolean;
  readonly at: string;
}

/** Every Backup that anybody deleted since the bed came up. Nothing may be in here that a test did not expect. */
export async function deletedBackups(state: BedState): Promise<LostBackup[]> {
  const text = await readFile(ledgerFile(state), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LostBackup);
}

export async function applyFixture(client: Client, file: string): Promise<void> {
  const text = await readFile(join(fixturesFolder, file), 'utf8');
  for (const document of parseAllDocuments(text)) await client.apply(document.toJS() as KubeObject);
}

export async function startStorage(state: BedState, client: Client, bin: (binary: string) => string): Promise<void> {
  await applyFixture(client, 'storage.yaml');
  const podIP = managerAddress(state);
  await client.patchStatus(MANAGER_POD, { phase: 'Running', podIP, podIPs: [{ ip: podIP }] });
  if (hasWebhooks(state.choice)) await prepareCertificate(state);
  await start(state.run, dataPlane(state));
  await Promise.all([
    start(state.run, sidecar(state, bin, 'snapshot-controller', 'Starting snapshot controller')),
    startLonghorn(state, bin),
  ]);
  if (hasWebhooks(state.choice)) await registerLonghornWebhook(state, client);
}

/** Longhorn and the two sidecars that hang on its socket; they give up when it is not there, so it comes first. */
async function startLonghorn(state: BedState, bin: (binary: string) => string): Promise<void> {
  await rm(socket(state), { force: true });
  await start(state.run, longhorn(state, bin('longhorn')));
  await Promise.all([
    start(
      state.run,
      sidecar(state, bin, 'csi-snapshotter', 'Starting CSI snapshotter', [
        `--csi-address=${socket(state)}`,
        ...leaderElection,
      ]),
    ),
    start(
      state.run,
      sidecar(state, bin, 'csi-provisioner', 'Started provisioner controller', [
        `--csi-address=${socket(state)}`,
        '--default-fstype=ext4',
        '--v=2',
      ]),
    ),
  ]);
}

/**
 * As Longhorn deploys it: by its lease others see that it runs. The terms are long, for it gives up when it cannot renew
 * in time, and nobody starts it again here; killed and started again it is the same holder and need not wait.
 */
const leaderElection = [
  '--leader-election',
  '--leader-election-namespace=longhorn-system',
  '--leader-election-lease-duration=180s',
  '--leader-election-renew-deadline=150s',
  '--leader-election-retry-period=2s',
];

/**
 * Longhorn's API calls itself at the address of its pod, always on port 9500. So that two beds do not meet there,
 * each gets a loopback address of its own, made from a port that is its own. (Only Linux has them all.)
 */
function managerAddress({ ports }: BedState): string {
  return process.platform === 'linux' ? `127.95.${ports.longhorn >> 8}.${ports.longhorn & 255}` : '127.0.0.1';
}

function longhorn(state: BedState, command: string): Program {
  return {
    name: 'longhorn',
    command,
    args: [
      ...['-listen', `${managerAddress(state)}:9500`, '-socket', socket(state)],
      ...(hasWebhooks(state.choice) ? longhornWebhookArgs(state) : []),
    ],
    env: {
      KUBECONFIG: kubeconfigOf(state.run, 'longhorn'),
      POD_NAMESPACE: 'longhorn-system',
      NODE_NAME: 'node-1',
    },
    ready: (log) => /\bready$/m.test(log),
  };
}

function sidecar(
  state: BedState,
  bin: (binary: string) => string,
  name: string,
  readyLine: string,
  args: readonly string[] = [],
): Program {
  return {
    name,
    command: bin(name),
    args: [`--kubeconfig=${kubeconfigOf(state.run, name)}`, ...args],
    ready: (log) => log.includes(readyLine),
  };
}

function dataPlane(state: BedState): Program {
  return {
    name: 'data-plane',
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'doubles', 'data-plane.ts'),
      kubeconfigOf(state.run, 'data-plane'),
      servedFolder(state),
      ledgerFile(state),
      state.choice.longhorn,
    ],
    ready: (log) => log.includes('ready'),
  };
}
