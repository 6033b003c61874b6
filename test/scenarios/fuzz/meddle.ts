/** What somebody else does to a cluster while Gleaner is not looking. */
import * as kinds from '../../../sandbox/controllers/kinds.ts';
import type { Sandbox } from '../../../sandbox/index.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { BrokenWorld } from './arbitraries.ts';

export interface Meddled {
  /** Names of what was changed: whoever changed it may have. */
  readonly objects: readonly string[];
  /** The Longhorn Backup that may be gone for it. */
  readonly backup?: string | undefined;
}

/** Changes one thing of the first volume of the first VMBackup; what is not there cannot be changed. */
export async function meddle(
  { client }: Sandbox,
  { meddling, backups: [first] }: BrokenWorld,
): Promise<Meddled | undefined> {
  const namespace = first?.namespace ?? '';
  const owner = await client.get(kinds.VMBackup, 'b0', namespace);
  const entry = owner?.status?.volumeBackups?.[0];
  const name: string | undefined = entry?.name;
  if (meddling === 'nothing' || owner === undefined || name === undefined) return undefined;
  const snapshot = await client.get(kinds.Snapshot, name, namespace);
  const content = await client.get(kinds.Content, snapshot?.status?.boundVolumeSnapshotContentName ?? `${name}-vsc`);
  const done = (...objects: string[]): Meddled => ({ objects: [name, `${name}-vsc`, 'b0', ...objects] });
  const nameOf = content?.metadata.name ?? '';
  const ofContent = (patch: object, part?: 'status') =>
    client.mergePatch(kinds.Content, nameOf, undefined, patch, part);

  switch (meddling) {
    case 'snapshot-deleted':
      if (snapshot === undefined) return undefined;
      await client.delete(kinds.Snapshot, name, namespace);
      // Whoever deletes it with its content on Delete gets what he asked for.
      return { ...done(nameOf), backup: entry.longhornBackupName };
    case 'content-deleted':
      if (content === undefined) return undefined;
      await client.delete(kinds.Content, nameOf);
      return { ...done(nameOf), backup: entry.longhornBackupName };
    case 'content-kept':
      if (content === undefined) return undefined;
      await ofContent({ spec: { deletionPolicy: 'Retain' } });
      return done(nameOf);
    case 'status-changed':
      if (content === undefined) return undefined;
      await ofContent({ status: { snapshotHandle: 'bak://pvc-elsewhere/backup-elsewhere' } }, 'status');
      return done(nameOf);
    case 'noted':
      if (snapshot === undefined) return undefined;
      await client.mergePatch(kinds.Snapshot, name, namespace, {
        metadata: { annotations: { 'gleaner.dev/swap': '{"uid":"x"}' } },
      });
      return done();
    case 'not-ready':
      await client.mergePatch(kinds.VMBackup, 'b0', namespace, { status: { readyToUse: false } });
      return done();
    case 'unnamed':
      await client.jsonPatch(kinds.VMBackup, 'b0', namespace, [
        { op: 'remove', path: '/status/volumeBackups/0/longhornBackupName' },
      ]);
      return done();
    case 'restore-begun':
      await client.create(make.vmRestore({ name: 'r-late', namespace, backup: 'b0', backupNamespace: namespace }));
      return done('r-late');
    case 'backup-busy': {
      const backup = entry.longhornBackupName ?? '';
      if ((await client.get(kinds.Backup, backup, kinds.longhornNamespace)) === undefined) return undefined;
      const status = { state: 'InProgress' };
      await client.mergePatch(kinds.Backup, backup, kinds.longhornNamespace, { status }, 'status');
      return { ...done(backup), backup };
    }
    case 'hash-removed': {
      const annotations = { 'harvesterhci.io/hash': null };
      await client.mergePatch(kinds.Setting, 'backup-target', undefined, { metadata: { annotations } });
      return done();
    }
    default:
      return undefined;
  }
}
