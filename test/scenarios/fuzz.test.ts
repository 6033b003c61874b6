import { afterAll, expect, test } from '@jest/globals';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { Scenario } from '../../sandbox/scenarios/index.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import { parseHandle } from '../../shared/domain/handle.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import { digest, inWorld, sweepAll, writesOf } from './world.ts';

/**
 * Clusters broken at random, in ways nobody listed. Whatever is wrong with them: no backup is lost, no VMBackup is
 * pointed at something worse, what is wrong is either repaired or named, and a second run writes nothing.
 */
const worlds = Number(process.env.FUZZ_WORLDS ?? 20);
const firstSeed = Number(process.env.FUZZ_SEED ?? 1);

/** Small, seeded and good enough to choose with (mulberry32). */
function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    chance: (p: number) => next() < p,
    of: <T>(...choices: readonly T[]): T => choices[Math.floor(next() * choices.length)] as T,
  };
}
type Dice = ReturnType<typeof dice>;

function volume(
  d: Dice,
  vmBackup: string,
  index: number,
  owner: KubeObject,
  version: '1.7' | '1.8' | '1.9',
): { entry: any; objects: KubeObject[] } {
  const claim = `${vmBackup}-c${index}`;
  const [longhorn, backup] = [make.volumeOf(claim), make.backupOf(claim, vmBackup)];
  const name = `${vmBackup}-volume-${claim}${d.chance(0.15) ? '-snap-revise' : ''}`;
  const entry = make.volumeEntry({
    vmBackup,
    volumeName: `disk-${index}`,
    claim,
    name,
    ...(d.chance(0.05) && { backup: null }),
    ...(d.chance(0.04) && { volume: 'pvc-elsewhere' }),
  });
  const objects: KubeObject[] = [];

  const state = d.chance(0.75) ? 'Completed' : d.of('', 'InProgress', 'Error', 'absent');
  if (state === '') objects.push(make.freshBackup({ volume: longhorn, backup, version }));
  else if (state !== 'absent')
    objects.push(make.backup({ volume: longhorn, backup, version }, make.withStatus({ state })));
  if (d.chance(0.93)) objects.push(make.backupVolume(longhorn, version));
  if (d.chance(0.04))
    objects.push(make.backupVolume(longhorn, version, (o) => void (o.metadata.name = `${longhorn}-twin`)));

  const handles = [
    `bak://${longhorn}/${backup}`,
    `bs://${longhorn}/${backup}`,
    `bs://${claim}/${backup}`,
    `bak://${claim}/${backup}`,
    `bak://pvc-other/${backup}`,
    `bs://${claim}/backup-other`,
    `junk`,
  ];
  const owned = d.chance(0.9)
    ? make.ownedBy(owner)
    : d.chance(0.5)
      ? () => undefined
      : make.ownedBy(make.vmBackup({ name: 'somebody', entries: [] }));
  const odd = (o: KubeObject) => {
    if (d.chance(0.04)) make.deleting(o);
    if (d.chance(0.03)) o.metadata.finalizers = [...(o.metadata.finalizers ?? []), 'example.com/mine'];
    if (o.kind === 'VolumeSnapshotContent' && d.chance(0.06))
      o.spec.volumeSnapshotRef.uid = '00000000-0000-4000-8000-000000000000';
    if (d.chance(0.05)) o.metadata.annotations = { ...o.metadata.annotations, 'gleaner.dev/swap': '{"uid":"x"}' };
    if (d.chance(0.05)) o.metadata.annotations = { ...o.metadata.annotations, 'gleaner.dev/deletion-policy': 'Delete' };
    if (d.chance(0.05)) o.metadata.annotations = { ...o.metadata.annotations, 'gleaner.dev/replaces': o.metadata.name };
  };
  const pair = (at: string, handle: string, policy: 'Delete' | 'Retain') => {
    if (d.chance(0.94)) objects.push(make.snapshot({ name: at, policy }, owned, odd));
    if (d.chance(0.95)) objects.push(make.content({ snapshot: at, handle, policy }, owned, odd));
  };
  pair(name, d.chance(0.6) ? handles[2]! : d.of(...handles), d.of('Delete', 'Delete', 'Retain'));
  if (d.chance(0.2)) pair(`${name}-snap-revise`, d.of(...handles), d.of('Delete', 'Retain'));
  if (name.endsWith('-snap-revise') && d.chance(0.7))
    pair(name.replace(/-snap-revise$/, ''), d.of(...handles), d.of('Delete', 'Retain'));
  if (d.chance(0.1)) {
    const source = { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name } };
    objects.push(
      make.claim(`${claim}-restored`, 'prod', (o) =>
        Object.assign(o, { spec: { ...make.claimSpec, ...source }, status: { phase: 'Pending' } }),
      ),
    );
  }
  return { entry, objects };
}

function brokenWorld(seed: number): Scenario {
  const d = dice(seed);
  const longhorn = d.of<'1.7' | '1.8' | '1.9'>('1.7', '1.8', '1.9');
  return {
    name: `broken-${seed}`,
    describe: 'Broken at random.',
    harvester: d.of('1.4', '1.6', '1.8'),
    longhorn,
    objects: () =>
      ['one', 'two', 'three'].flatMap((name) => {
        const owner = make.vmBackup({ name, entries: [] });
        const volumes = [0, 1].map((i) => volume(d, name, i, owner, longhorn));
        const modifiers: make.Modifier[] = [];
        if (d.chance(0.12)) modifiers.push(make.withStatus({ readyToUse: false }));
        if (d.chance(0.1)) modifiers.push(make.annotated({ 'harvesterhci.io/svmbackupId': 'prod/every-night' }));
        if (d.chance(0.04)) modifiers.push(make.deleting);
        const extra = d.chance(0.1)
          ? [make.vmRestore({ name: `restore-${name}`, namespace: 'finance', backup: name })]
          : [];
        const schedule =
          name === 'one' ? [make.schedule('every-night', 'prod', 'web'), make.namespaceObject('finance')] : [];
        return [
          ...schedule,
          make.vmBackup({ name, entries: volumes.map((v) => v.entry) }, ...modifiers),
          ...volumes.flatMap((v) => v.objects),
          ...extra,
        ];
      }),
  };
}

const seeds = Array.from({ length: worlds }, (_, i) => firstSeed + i);
// Broken worlds in which nothing can be repaired would prove nothing.
let repairs = 0;
afterAll(() => expect(repairs).toBeGreaterThan(worlds));

test.each(seeds)(
  'a cluster broken at random: %i',
  async (seed) => {
    await inWorld({ scenario: brokenWorld(seed) }, async (world) => {
      const { store } = world.sandbox;
      const lostBefore = store.losses.length;
      const { findings, writes } = await sweepAll(world, { patienceMs: 200 });
      repairs += writes;
      await world.sandbox.settle();
      await sweepAll(world, { patienceMs: 200 });
      await world.sandbox.settle();
      const last = await sweepAll(world, { patienceMs: 200 });
      expect(store.losses.slice(lostBefore)).toEqual([]);
      expect(world.worse).toEqual([]);
      expect(last.failures).toEqual([]);

      const settled = await digest(world);
      world.sandbox.api.clearRequests();
      const { findings: after } = await sweepAll(world, { patienceMs: 200 });
      expect(writesOf(world)).toEqual([]);
      expect(await digest(world)).toEqual(settled);

      // What still is wrong has been named; nobody has two ways to erase a backup that one was armed by us.
      const truth = new Map(store.backups().map((b) => [b.backup, b.volume]));
      const named = new Set(after.filter(needsAttention).map((f) => f.subject.name));
      const leftAlone = new Set(after.filter((f) => !needsAttention(f)).map((f) => f.subject.name));
      for (const content of await world.sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent')) {
        const handle = parseHandle(content.spec.source.snapshotHandle ?? 'snap://dynamic/x');
        const wrong = handle.kind === 'backup' && truth.get(handle.backup) !== handle.volume;
        // Of a Backup in trouble that is said of the Backup, unless the handle is seen to be wrong as well.
        const told = [content.metadata.name, ...(handle.kind === 'backup' ? [handle.backup] : [])];
        if (wrong) expect([...named, ...leftAlone].filter((name) => told.includes(name))).not.toEqual([]);
      }
      expect(findings.length).toBeGreaterThan(0);
    });
  },
  60_000,
);
