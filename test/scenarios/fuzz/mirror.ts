/** A copy of what the truth is worked out from, in step with the cluster: told of every single change, in order. */
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as kinds from '../../../sandbox/controllers/kinds.ts';
import { minorOf } from '../../../sandbox/controllers/longhorn-objects.ts';
import type { Sandbox } from '../../../sandbox/index.ts';
import type { Cluster } from './truth.ts';

export interface Mirror extends Cluster {
  everything(): KubeObject[];
  /** Returns how to stop it. */
  afterEach(look: () => void): () => void;
  stop(): void;
}

const watched = [
  ...[kinds.VMBackup, kinds.VMRestore, kinds.Snapshot, kinds.Content, kinds.SnapshotClass],
  ...[kinds.Backup, kinds.BackupVolume, kinds.Claim],
];

export async function mirror(sandbox: Sandbox): Promise<Mirror> {
  const byKind = new Map<string, Map<string, KubeObject>>();
  let looks: (() => void)[] = [];
  const stops = watched.map((kind) => {
    const objects = new Map<string, KubeObject>();
    byKind.set(kind.split('/').at(-1)!, objects);
    return sandbox.client.watch(
      kind,
      ({ type, object }) => {
        const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
        if (type === 'DELETED') objects.delete(key);
        else objects.set(key, object);
        for (const look of looks) look();
      },
      { initial: true },
    );
  });
  await sandbox.settle();
  return {
    longhornMinor: minorOf(sandbox.longhorn.version),
    get stored() {
      return sandbox.store.backups();
    },
    all: (kind) => [...(byKind.get(kind)?.values() ?? [])],
    everything: () => [...byKind.values()].flatMap((objects) => [...objects.values()]),
    afterEach(look) {
      looks = [...looks, look];
      return () => void (looks = looks.filter((other) => other !== look));
    },
    stop: () => stops.forEach((stop) => stop()),
  };
}
