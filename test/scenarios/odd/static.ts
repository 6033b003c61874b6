/** A cluster of objects at rest: an API server with nothing behind it, as after `kubectl create` of a file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../cli/program.ts';
import { createApiServer } from '../../../sandbox/api/server.ts';
import type { ApiServer, ApiServerOptions, KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/index.ts';
import * as build from '../../../sandbox/scenarios/build.ts';
import { type Disk, localChain, partsOf, recoveredChain } from '../../../sandbox/scenarios/chain.ts';
import type { LonghornVersion } from '../../../sandbox/controllers/longhorn-objects.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Still {
  readonly api: ApiServer;
  readonly run: (...argv: string[]) => Promise<Ran>;
  stop(): Promise<void>;
}

export async function startStill(objects: readonly KubeObject[], options: ApiServerOptions = {}): Promise<Still> {
  const api = await createApiServer({ tls: false, garbageCollection: false, ...options });
  const without = (o: KubeObject) => (options.withoutGroups ?? []).some((g) => o.apiVersion.startsWith(`${g}/`));
  api.seed([...baseWorld(), ...objects].filter((o) => !without(o)));
  const folder = await mkdtemp(join(tmpdir(), 'gleaner-still-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig());
  return {
    api,
    run: (...argv) => gleaner([...argv, '--kubeconfig', kubeconfig]),
    async stop() {
      await api.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export interface Parts {
  vmb: any;
  vs: any;
  vsc: any;
  bk: any;
  bv: any;
  /** Longhorn volume and backup. */
  volume: string;
  backup: string;
  claim: string;
  right: string;
  all: KubeObject[];
}

export interface Shape extends Partial<Disk> {
  namespace?: string;
  longhorn?: LonghornVersion;
  local?: boolean;
}

/** A VMBackup of one disk with all that is behind it, right unless told otherwise. */
export function one(name: string, { namespace = 'prod', longhorn = '1.9', local = false, ...more }: Shape = {}): Parts {
  const disk: Disk = { claim: `${name}-disk`, handle: 'right', ...more };
  const chain = { name, namespace, vm: `${name}-vm`, disks: [disk], longhorn };
  const all = (local ? localChain : recoveredChain)(chain).map((o) => structuredClone(o));
  const of = (kind: string) => all.find((o) => o.kind === kind) as any;
  const { volume, backup } = partsOf(chain, disk);
  return {
    vmb: of('VirtualMachineBackup'),
    vs: of('VolumeSnapshot'),
    vsc: of('VolumeSnapshotContent'),
    bk: of('Backup'),
    bv: of('BackupVolume'),
    volume,
    backup,
    claim: disk.claim,
    right: `bak://${volume}/${backup}`,
    all,
  };
}

/** Gives a pre-provisioned content another handle, in spec and status. */
export function handle(parts: Parts, text: string, status = text): Parts {
  parts.vsc.spec.source.snapshotHandle = text;
  parts.vsc.status.snapshotHandle = status;
  return parts;
}

/** In deletion for a year, held by somebody. */
export function leaving<T>(object: T): T {
  const { metadata } = object as any;
  Object.assign(metadata, { deletionTimestamp: '2025-03-02T03:00:00Z', deletionGracePeriodSeconds: 0 });
  if (!metadata.finalizers?.length) metadata.finalizers = ['example.com/held'];
  return object;
}

/** As the snapshot controller leaves a snapshot whose content is not there. */
export function bereft(parts: Parts): Parts {
  const error = { message: 'VolumeSnapshotContent is missing', time: '2025-03-02T01:05:11Z' };
  parts.vs.status = { ...parts.vs.status, readyToUse: false, error };
  return parts;
}

/** A pair more, bound and ready, of this owner or of nobody. */
export function pair(snapshot: string, text: string, owner?: KubeObject, shape: Record<string, any> = {}) {
  const vsc: any = build.content({ ...shape, snapshot, handle: text });
  const vs: any = build.snapshot({ ...shape, name: snapshot });
  if (owner) for (const part of [vsc, vs]) build.ownedBy(owner)(part);
  return { vs, vsc };
}

/** A restore of `web` into `finance`, with its own pair and a claim that waits for it, or got its volume. */
export function restoring(parts: Parts, text: string, complete = false) {
  const vmr: any = build.vmRestore({ name: 'rs', namespace: 'finance', backup: 'web' });
  const claimSpec = { metadata: { name: 'rc', namespace: 'finance' } };
  vmr.status = {
    complete,
    restores: [
      { volumeName: 'disk-0', volumeBackupName: parts.vs.metadata.name, persistentVolumeClaimSpec: claimSpec },
    ],
    conditions: [
      { type: 'InProgress', status: complete ? 'False' : 'True', message: 'Creating new PVCs' },
      { type: 'Ready', status: complete ? 'True' : 'False', message: 'Waiting for new PVCs' },
    ],
  };
  const name = `restore-rs-${parts.vs.metadata.name}`;
  const { vs, vsc } = pair(name, text, undefined, { namespace: 'finance', policy: 'Retain' });
  vsc.metadata.name = `restore-finance-rs-${parts.vs.metadata.name}`;
  vs.spec.source.volumeSnapshotContentName = vsc.metadata.name;
  vs.status.boundVolumeSnapshotContentName = vsc.metadata.name;
  for (const part of [vs, vsc]) build.ownedBy(vmr, false)(part);
  const pvc: any = build.claim('rc', 'finance');
  pvc.spec.dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name };
  pvc.status.phase = complete ? 'Bound' : 'Pending';
  if (!complete) delete pvc.spec.volumeName;
  return { vmr, vs, vsc, pvc, all: [vmr, vs, vsc, pvc] as KubeObject[] };
}

/** The Longhorn side of the target, in another state. */
export const longhornTarget = (spec: unknown, status?: unknown): KubeObject =>
  build.object(
    'longhorn.io/v1beta2',
    'BackupTarget',
    { name: 'default', namespace: 'longhorn-system' },
    { spec, status },
  );
export const connected = { backupTargetURL: 's3://vm-backups@eu-central-1/', pollInterval: '5m0s' };

export const without = ({ all }: Parts, ...kinds: string[]): KubeObject[] => all.filter((o) => !kinds.includes(o.kind));
export { build };

async function gleaner(argv: readonly string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const code = await runCli(argv, {
    out: (text) => Promise.resolve(void (said.out += text)),
    err: (text) => void (said.err += text),
    input: (async function* () {})(),
    colour: false,
    columns: undefined,
    interrupted: () => new AbortController().signal,
  });
  return { code, ...said };
}
