/** Storage beside Longhorn's: Kubernetes' mock driver with sidecars of its own, able to take snapshots or not. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { kubeconfigOf } from './control-plane.ts';
import { applyFixture } from './storage.ts';
import { start, stop } from './processes.ts';
import type { BedState } from './state.ts';

const OTHER_DRIVER = 'mock.csi.example.com';
export const OTHER_CLASS = 'mock';

/** `no`: it does not say that it can; `lies`: it says so, and refuses. */
export type Snapshots = 'yes' | 'no' | 'lies';

const socket = (state: BedState): string => join(state.run, 'mock.sock');

/** A csi-snapshotter ends by itself where the driver does not say that it can: then there is none, as on a cluster. */
export async function startOtherStorage(
  state: BedState,
  client: Client,
  bin: (binary: string) => string,
  snapshots: Snapshots,
  modes: 'both' | 'Block' | 'Filesystem' = 'both',
): Promise<void> {
  await applyFixture(client, 'other-storage.yaml');
  await rm(socket(state), { force: true });
  await start(state.run, {
    name: 'csi-mock',
    command: bin('csi-mock'),
    args: ['--name', OTHER_DRIVER, '--socket', socket(state), '--snapshots', snapshots, '--modes', modes],
    ready: (log) => /\bready$/m.test(log),
  });
  await start(state.run, {
    name: 'mock-provisioner',
    command: bin('csi-provisioner'),
    args: [
      `--kubeconfig=${kubeconfigOf(state.run, 'csi-provisioner')}`,
      `--csi-address=${socket(state)}`,
      '--default-fstype=ext4',
      '--v=2',
    ],
    ready: (log) => log.includes('Started provisioner controller'),
  });
  await start(state.run, {
    name: 'mock-snapshotter',
    command: bin('csi-snapshotter'),
    args: [
      `--kubeconfig=${kubeconfigOf(state.run, 'csi-snapshotter')}`,
      `--csi-address=${socket(state)}`,
      // It then holds a lease, by which it is seen to run.
      ...['--leader-election', '--leader-election-namespace=default', '--leader-election-lease-duration=15s'],
    ],
    ready: (log) =>
      snapshots === 'no'
        ? log.includes('does not support ControllerCreateSnapshot')
        : log.includes('Starting CSI snapshotter'),
  });
}

export async function stopOtherStorage(state: BedState): Promise<void> {
  for (const name of ['mock-snapshotter', 'mock-provisioner', 'csi-mock']) await stop(state.run, name);
}
