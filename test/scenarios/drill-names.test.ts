import { describe, expect, jest, test } from '@jest/globals';
import { nameOf } from '../../functions/drill-restore/source.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import type { Drilling } from './drilling.ts';
import { inDrillWorld, leftovers, NAMESPACE, recordOf, tick, ticks } from './drilling.ts';
import { digest, Killed, writesOf } from './world.ts';

/**
 * Somebody else has an object under a name that the drill needs. It ends with a reason that names the object, deletes
 * nothing that is not its own, and leaves nothing behind; once the name is free, it is done.
 */
jest.setTimeout(180_000);

const VMBACKUP = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
const policy = { selector: 'drill=yes', read: 'on' };

/** Of the one VMBackup that is to be drilled. */
async function nameIn({ sandbox: { client } }: Drilling): Promise<string> {
  const metadata = { labels: { drill: 'yes' } };
  const backup = await client.mergePatch(VMBACKUP, 'web-nightly', 'prod', { metadata });
  return nameOf(backup.metadata.uid!, backup['status'].volumeBackups[0].volumeName);
}

interface Row {
  readonly kind: string;
  readonly apiVersion: string;
  /** The drill has written so much before the name is taken: the record, content, snapshot, claim; its pod comes last. */
  readonly after: number;
  readonly other: (name: string) => KubeObject;
}

const claimed = make.claim('x', NAMESPACE)['spec'];
const rows: readonly Row[] = [
  {
    kind: 'VolumeSnapshotContent',
    apiVersion: 'snapshot.storage.k8s.io/v1',
    after: 1,
    other: (name) =>
      // Not bound: it goes at once when it is deleted.
      make.content(
        { name, snapshot: 'theirs', namespace: NAMESPACE, handle: `bak://${make.volumeOf('x')}/backup-of-theirs` },
        (o) => void delete o['spec'].volumeSnapshotRef.uid,
      ),
  },
  {
    kind: 'VolumeSnapshot',
    apiVersion: 'snapshot.storage.k8s.io/v1',
    after: 2,
    other: (name) => make.snapshot({ name, namespace: NAMESPACE, content: 'theirs' }),
  },
  {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    after: 3,
    other: (name) => make.object('v1', 'PersistentVolumeClaim', { name, namespace: NAMESPACE }, { spec: claimed }),
  },
  {
    kind: 'Pod',
    apiVersion: 'v1',
    after: 4,
    other: (name) =>
      make.object(
        'v1',
        'Pod',
        { name, namespace: NAMESPACE },
        { spec: { containers: [{ name: 'theirs', image: 'registry.example.org/theirs' }] } },
      ),
  },
];

describe.each(rows)('the name of its $kind is taken', ({ kind, apiVersion, after, other }) => {
  const take = async ({ sandbox: { client } }: Drilling, name: string) => {
    const { metadata, ...rest } = other(name);
    // Without the finalizers of the fixtures.
    const { namespace } = metadata;
    return client.create({ ...rest, metadata: { name, ...(namespace && { namespace }) } });
  };
  const isThere = async ({ sandbox: { client } }: Drilling, theirs: KubeObject) => {
    const { name, namespace, uid } = theirs.metadata;
    const found = await client.get(`${apiVersion}/${kind}`, name, namespace);
    expect(found).toMatchObject({ metadata: { uid }, spec: theirs['spec'] });
    expect(found!.metadata.deletionTimestamp).toBeUndefined();
  };
  const toldOf = (theirs: KubeObject) => {
    const { name, namespace } = theirs.metadata;
    const at = describeRef({ kind, name, ...(namespace && { namespace }) } as Parameters<typeof describeRef>[0]);
    return `${at} does not belong to the drill but has a name that it needs`;
  };

  test('before it begins: it does not', () =>
    inDrillWorld('healthy', async (world) => {
      const theirs = await take(world, await nameIn(world));
      await world.sandbox.settle();
      world.sandbox.api.clearRequests();
      const { findings } = await ticks(world, { policy });
      expect(findings.at(-1)).toMatchObject({ reason: 'DrillNamespaceUnfit', message: toldOf(theirs) });
      expect(writesOf(world)).toEqual([]);
      await isThere(world, theirs);
    }));

  test('while it is under way: it is given up, and is done once the name is free', () =>
    inDrillWorld('healthy', async (world) => {
      const name = await nameIn(world);
      const before = await digest(world);
      await tick(world, { policy, killAfter: after }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      const theirs = await take(world, name);
      await world.sandbox.settle();
      const { findings } = await ticks(world, { policy });
      expect(findings.at(-1)).toMatchObject({ reason: 'DrillNamespaceUnfit', message: toldOf(theirs) });
      expect(await leftovers(world)).toEqual([]);
      // It says nothing of the backup.
      expect(await recordOf(world)).toEqual({});
      await isThere(world, theirs);
      expect(world.sandbox.store.losses).toEqual([]);

      await world.sandbox.client.delete(`${apiVersion}/${kind}`, name, theirs.metadata.namespace);
      await world.sandbox.settle();
      expect((await ticks(world, { policy })).findings.at(-1)).toMatchObject({ reason: 'DrillProved' });
      expect(await leftovers(world)).toEqual([]);
      expect(await digest(world)).toEqual(before);
    }));
});
