import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { partsOf, recoveredChain } from '../../../sandbox/scenarios/chain.ts';
import type { Scenario } from '../../../sandbox/scenarios/index.ts';
import { explain } from '../../../cli/explain/explain.ts';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { verdictOf } from '../../../shared/plan/plan.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { converge, everyFunction, hurried, inWorld, writesOf } from '../world.ts';

/** Of a VMBackup with three volumes, an object of one does not have the shape of its kind. */

const chain = {
  name: 'web',
  longhorn: '1.9',
  disks: [{ claim: 'web-root' }, { claim: 'web-data' }, { claim: 'web-logs', handle: 'right' }],
} as const;
const [root, data, logs] = chain.disks.map((disk) => partsOf(chain, disk)) as [any, any, any];

const CONTENT = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
const SNAPSHOT = 'snapshot.storage.k8s.io/v1/VolumeSnapshot';
const BACKUP = 'longhorn.io/v1beta2/Backup';
const VMBACKUP = 'harvesterhci.io/v1beta1/VirtualMachineBackup';

const parts = {
  content: {
    ...{ kind: CONTENT, name: `${root.snapshot}-vsc`, namespace: undefined },
    spoil: (o: KubeObject) => void (o['status'].creationTime = 'yesterday'),
  },
  snapshot: {
    ...{ kind: SNAPSHOT, name: root.snapshot, namespace: 'prod' },
    spoil: (o: KubeObject) => void (o['status'].creationTime = 7),
  },
  backup: {
    ...{ kind: BACKUP, name: root.backup, namespace: 'longhorn-system' },
    spoil: (o: KubeObject) => void (o['status'].state = 5),
  },
} as const;

function scenario({ kind, name, spoil }: (typeof parts)[keyof typeof parts]): Scenario {
  const objects = () => {
    const made = recoveredChain(chain).map((o) => structuredClone(o));
    spoil(made.find((o) => `${o.apiVersion}/${o.kind}` === kind && o.metadata.name === name)!);
    // Of the volume that is right but for its snapshot, which is lost.
    return made.filter((o) => !(o.kind === 'VolumeSnapshot' && o.metadata.name === logs.snapshot));
  };
  const stored = () => [root, data, logs].map(({ volume, backup }) => ({ volume, backup }));
  return { name: 'odd', describe: 'One object is odd.', harvester: '1.6', longhorn: '1.9', objects, stored };
}

describe.each(['content', 'snapshot', 'backup'] as const)('one %s cannot be read', (which) => {
  const { kind, name, namespace } = parts[which];
  const own = [
    [SNAPSHOT, root.snapshot, 'prod'],
    [CONTENT, `${root.snapshot}-vsc`, undefined],
    [BACKUP, root.backup, 'longhorn-system'],
  ] as const;
  const options = { functions: everyFunction, ...hurried };

  test('its volume stays as it is and is told, the others are repaired', async () => {
    await inWorld({ scenario: scenario(parts[which]) }, async (world) => {
      const { client, store } = world.sandbox;
      const theirs = () => Promise.all(own.map(([k, n, ns]) => client.get(k, n, ns)));
      const entries = async () => (await client.get(VMBACKUP, 'web', 'prod'))!['status'].volumeBackups;
      const before = await theirs();
      const stored = store.backups();
      const { findings, failures } = await converge(world, options);

      expect(failures).toEqual([]);
      expect(await theirs()).toEqual(before);
      expect((await entries()).map((e: any) => e.name)).toEqual([
        root.snapshot,
        `${data.snapshot}-snap-revise`,
        logs.snapshot,
      ]);
      const contents = await client.list(CONTENT);
      const of = (snapshot: string) =>
        contents
          .filter(({ spec }) => spec.volumeSnapshotRef.name === snapshot)
          .map(({ spec }) => [spec.source.snapshotHandle, spec.deletionPolicy]);
      // A content that cannot be read may name any backup and be on Delete: until it can be, none takes Delete again.
      const policy = which === 'content' ? 'Retain' : 'Delete';
      expect(of(`${data.snapshot}-snap-revise`)).toEqual([[`bak://${data.volume}/${data.backup}`, policy]]);
      expect(of(logs.snapshot)).toEqual([[logs.handle, policy]]);
      expect((await client.get(SNAPSHOT, logs.snapshot, 'prod'))!['status'].readyToUse).toBe(true);
      expect({ stored: store.backups(), losses: store.losses, worse: world.worse }).toEqual({
        ...{ stored, losses: [], worse: [] },
      });
      const told = findings.filter((f) => verdictOf(f) === 'report');
      expect([...new Set(told.map((f) => `${f.reason} ${f.subject.kind} ${f.subject.name}`))]).toEqual([
        `ObjectUnreadable ${kind.split('/').at(-1)} ${name}`,
      ]);
    });
  });

  test('the stories of the VMBackup and of the object are told all the same', async () => {
    await inWorld({ scenario: scenario(parts[which]) }, async (world) => {
      const { reader } = world.client;
      const configOf = (fn: AnyFunction): unknown => fn.config.parse({});
      const telling = { reader, functions: everyFunction, configOf, nowMs: Date.now() };
      const at = ref(kind.split('/').at(-1) as KindName, name, namespace);
      const story = await explain(ref('VirtualMachineBackup', 'web', 'prod'), telling);
      const links = story.chains.flatMap((chain) => chain.links);
      expect(new Set(links.map(({ volume }) => volume)).size).toBe(3);
      expect(links.filter(({ reason }) => reason === 'ObjectUnreadable').map(({ object }) => object)).toContainEqual(
        at,
      );
      const own = await explain(at, telling);
      expect(own.findings.map(({ finding }) => [finding.reason, finding.subject])).toEqual([['ObjectUnreadable', at]]);
      expect(own.findings[0]!.finding.command).toMatch(/^kubectl get .* -o yaml$/);
    });
  });

  test('when it can be read again the whole VMBackup is repaired', async () => {
    await inWorld({ scenario: scenario(parts[which]) }, async (world) => {
      const { client } = world.sandbox;
      await converge(world, options);
      const status =
        which === 'backup'
          ? { state: 'Completed' }
          : which === 'content'
            ? { creationTime: 1 }
            : { creationTime: '2025-03-02T01:05:11Z' };
      await client.mergePatch(kind, name, namespace, { status }, 'status');
      await world.sandbox.settle();
      const { findings, failures } = await converge(world, options);
      expect(failures).toEqual([]);
      expect(findings.filter((f) => verdictOf(f) === 'report').map((f) => f.message)).toEqual([]);
      const contents = await client.list(CONTENT);
      const live = contents.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      expect(live.map(({ spec }) => [spec.source.snapshotHandle, spec.deletionPolicy]).sort()).toEqual(
        [root, data, logs].map(({ volume, backup }) => [`bak://${volume}/${backup}`, 'Delete']).sort(),
      );
      expect({ losses: world.sandbox.store.losses, worse: world.worse }).toEqual({ losses: [], worse: [] });
    });
  });
});

describe('a restore of it cannot be read', () => {
  const odd = make.vmRestore(
    { name: 'rs', namespace: 'finance', backup: 'web' },
    make.withStatus({ restores: 'none' }),
  );
  const world = (restore: KubeObject): Scenario => ({
    ...{ name: 'odd', describe: 'A restore is odd.', harvester: '1.6', longhorn: '1.9' },
    objects: () => [...recoveredChain(chain), restore].map((o) => structuredClone(o)),
    stored: () => [root, data, logs].map(({ volume, backup }) => ({ volume, backup })),
  });
  const ends = (restore: KubeObject) =>
    inWorld({ scenario: world(restore) }, async (at) => {
      const { client, store } = at.sandbox;
      const { failures } = await converge(at, { functions: everyFunction, ...hurried });
      at.sandbox.api.clearRequests();
      await converge(at, { functions: everyFunction, ...hurried });
      const entries = (await client.get(VMBACKUP, 'web', 'prod'))!['status'].volumeBackups;
      const handles = (await client.list(CONTENT)).map(({ spec }) => [spec.source.snapshotHandle, spec.deletionPolicy]);
      expect({ failures, losses: store.losses, worse: at.worse, again: writesOf(at) }).toEqual({
        ...{ failures: [], losses: [], worse: [], again: [] },
      });
      expect(handles.sort()).toEqual(
        [root, data, logs].map(({ volume, backup }) => [`bak://${volume}/${backup}`, 'Delete']).sort(),
      );
      return entries.map((e: any) => e.name);
    });
  const former = [root, data, logs].map(({ snapshot }) => snapshot);
  const revised = [`${root.snapshot}-snap-revise`, `${data.snapshot}-snap-revise`, logs.snapshot];

  test('its contents are put right under their names: the VMBackup is not written to while it may be restored from', async () => {
    expect(await ends(odd)).toEqual(former);
  });

  test('of one that is of another VMBackup, as far as it can be read, nothing is kept', async () => {
    const other = make.vmRestore(
      { name: 'rs', namespace: 'finance', backup: 'db' },
      make.withStatus({ restores: 'x' }),
    );
    expect(await ends(other)).toEqual(revised);
  });
});
