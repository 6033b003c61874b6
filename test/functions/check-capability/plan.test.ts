import { describe, expect, test } from '@jest/globals';
import { Config } from '../../../functions/check-capability/config.ts';
import { route } from '../../../functions/check-capability/route.ts';
import { observe } from '../../../functions/check-capability/observe.ts';
import { plan } from '../../../functions/check-capability/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { notesOf } from '../../../shared/capability/notes.ts';
import { readOverview } from '../../../shared/capability/overview.ts';
import type { KindName, Ref } from '../../../shared/domain/kinds.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Change } from '../../../shared/function.ts';
import { decode } from '../../../shared/kube/decode.ts';
import type { Action } from '../../../shared/plan/action.ts';
import type { Plan } from '../../../shared/plan/plan.ts';
import { needsAttention } from '../../../shared/plan/plan.ts';
import * as w from '../../shared/capability/world.ts';

const nowMs = Date.parse('2025-06-01T00:00:00Z');
const on = Config.parse({});
const reports: readonly KindName[] = ['VolumeSnapshotClass', 'PolicyReport'];
const lvm = ref('StorageClass', 'lvm-fast');
const setting = ref('Setting', 'csi-driver-config');
const well = w.world(w.withLvm(), w.version('v1.8.0'));
const stuck = w.without(well, w.lvmSnapshotter);
const hollow = w.world(w.withLvm('gone'), w.version('v1.8.0'));

const planFor = async (
  objects: readonly KubeObject[],
  subject: Ref = lvm,
  config = on,
  served = w.served,
): Promise<Plan> => plan(await observe(w.reading(objects, served), subject, nowMs), config, nowMs);
const records = ({ records: all = [] }: Plan) => all.map(({ do: what }) => what);
const annotating = ({ records: all = [] }: Plan) =>
  all.find((one): one is Extract<Action, { do: 'annotateClass' }> => one.do === 'annotateClass')?.annotations;

/** The class with the right answers on it already. */
async function noted(objects: readonly KubeObject[], change: Record<string, string> = {}): Promise<KubeObject[]> {
  const { capabilities } = await readOverview(w.reading(objects), { kind: 'StorageClass', name: 'lvm-fast' }, nowMs);
  const annotations = { 'example.com/ours': 'not', ...notesOf(capabilities[0]!), ...change };
  return objects.map((o) =>
    o.kind === 'StorageClass' && o.metadata.name === 'lvm-fast'
      ? { ...o, metadata: { ...o.metadata, annotations } }
      : o,
  );
}

describe('nothing is written', () => {
  test.each<[string, () => Promise<Plan>]>([
    ['where the right answers stand already', async () => planFor(await noted(well))],
    ['of a class that is gone', () => planFor(well, ref('StorageClass', 'gone'))],
    ['of a class that is well, into reports', async () => planFor(await noted(well), lvm, on, reports)],
    ['of a list of drivers that is in order', () => planFor(well, setting, on, reports)],
    ['with annotations off, where there are none', () => planFor(well, lvm, Config.parse({ annotate: 'off' }))],
  ])('%s', async (_what, planned) => {
    const { findings, ...rest } = await planned();
    expect(records({ findings, ...rest })).toEqual([]);
    expect(findings.filter(needsAttention)).toEqual([]);
  });
});

describe('what is written', () => {
  test('on a class that has none, all answers and no Event: nothing has changed yet', async () => {
    const planned = await planFor(well);
    expect(records(planned)).toEqual(['annotateClass']);
    expect(annotating(planned)).toEqual({
      'gleaner.dev/can-snapshot': 'yes, SnapshotterRuns',
      'gleaner.dev/can-backup': 'no, OnlyLonghorn',
      'gleaner.dev/can-restore-elsewhere': 'no, OnlyLonghorn',
      'gleaner.dev/can-clone': 'unknown, CloneNotSeen',
      'gleaner.dev/allows-snapshot': 'yes, Allowed',
      'gleaner.dev/allows-backup': 'no, ThirdPartyRefused',
      'gleaner.dev/allows-restore-elsewhere': 'no, NothingOnTarget',
      'gleaner.dev/allows-clone': 'yes, NotRestricted',
    });
  });

  test('only what is another, with an Event that names both answers', async () => {
    const planned = await planFor(await noted(well, { 'gleaner.dev/can-snapshot': 'no, SnapshotterMissing' }));
    expect(records(planned)).toEqual(['recordEvent', 'annotateClass']);
    expect(annotating(planned)).toEqual({ 'gleaner.dev/can-snapshot': 'yes, SnapshotterRuns' });
    const [event] = planned.records ?? [];
    expect(event).toMatchObject({
      target: { kind: 'Event', namespace: 'default' },
      event: { type: 'Normal', reason: 'CapabilityChanged', regarding: { kind: 'StorageClass', name: 'lvm-fast' } },
    });
    expect(JSON.stringify(event)).toContain('can snapshot: no → yes, SnapshotterRuns');
  });

  test('another reason for the same answer is no news', async () => {
    const planned = await planFor(await noted(well, { 'gleaner.dev/can-snapshot': 'yes, SnapshotSeen' }));
    expect(records(planned)).toEqual([]); // what was seen once stands
    const other = await planFor(await noted(well, { 'gleaner.dev/allows-backup': 'no, NoBackupTarget' }));
    expect(records(other)).toEqual(['annotateClass']);
  });

  test('what somebody wrote into our annotations is put right, and their own is left', async () => {
    const planned = await planFor(await noted(well, { 'gleaner.dev/can-clone': 'yes of course' }));
    expect(annotating(planned)).toEqual({ 'gleaner.dev/can-clone': 'unknown, CloneNotSeen' });
  });

  test('with annotations off, ours are taken away, and nobody else’s', async () => {
    const planned = await planFor(await noted(well), lvm, Config.parse({ annotate: 'off' }));
    expect(Object.keys(annotating(planned) ?? {})).toHaveLength(8);
    expect(Object.values(annotating(planned) ?? {})).toEqual(Array(8).fill(undefined));
    expect(JSON.stringify(planned)).not.toContain('example.com');
  });

  test('a class that is set up and has no snapshotter is reported, and a report begins', async () => {
    const { findings, records: all } = await planFor(stuck, lvm, on, reports);
    expect(findings).toMatchObject([
      {
        reason: 'SnapshotterMissing',
        message: expect.stringContaining('sidecar'),
        command: expect.stringMatching(/^kubectl /),
      },
    ]);
    expect(all?.at(-1)).toMatchObject({
      do: 'putReport',
      target: { kind: 'ClusterPolicyReport' },
      results: [{ rule: 'snapshot', result: 'fail' }, { rule: 'backup', result: 'skip' }, {}, {}],
    });
  });

  test('a class that is not set up is nobody’s fault', async () => {
    const { findings } = await planFor(w.without(w.world(w.version('v1.8.0')), w.lvmSnapshotter, w.lvmClass));
    expect(findings.filter(needsAttention)).toEqual([]);
  });

  test('a fault of the list of drivers: a finding with the value to paste, an Event and a report', async () => {
    const planned = await planFor(hollow, setting, on, reports);
    expect(planned.findings).toMatchObject([
      { reason: 'ConfigClassMissing', subject: setting, command: expect.stringContaining('kubectl patch') },
    ]);
    expect(records(planned)).toEqual(['recordEvent', 'putReport']);
    const [event] = planned.records ?? [];
    const there = make.object('events.k8s.io/v1', 'Event', {
      name: (event as Extract<Action, { do: 'recordEvent' }>).target.name,
      namespace: 'default',
    });
    expect(records(await planFor([...hollow, there], setting))).toEqual([]);
  });
});

describe('an event', () => {
  const change = (object: KubeObject, type: Change['type'] = 'update') => {
    const opened = decode(object.kind as KindName, {
      ...object,
      metadata: { resourceVersion: '1', ...object.metadata },
    });
    if (!('object' in opened)) throw opened.unreadable;
    const { name, namespace = '' } = object.metadata;
    return { kind: object.kind, name, namespace, type, object: opened.object } as Change;
  };
  const claim = (clone: boolean) =>
    make.claim('data', 'prod', (o) => {
      o['spec'].storageClassName = 'lvm-fast';
      if (clone) o['spec'].dataSource = { kind: 'PersistentVolumeClaim', name: 'other' };
      o['status'] = { phase: 'Bound' };
    });
  const taken = (status: object, driver = w.LVM) =>
    make.object(
      'snapshot.storage.k8s.io/v1',
      'VolumeSnapshotContent',
      { name: 'c' },
      {
        spec: {
          driver,
          deletionPolicy: 'Delete',
          source: { volumeHandle: 'v' },
          volumeSnapshotRef: { name: 's', namespace: 'prod' },
        },
        status,
      },
    );

  test.each<[string, Change]>([
    ['a claim that is no clone', change(claim(false))],
    ['a claim that goes', change(claim(true), 'delete')],
    ['a content of Longhorn’s', change(taken({ readyToUse: true }, w.LONGHORN))],
    ['a content that is not ready yet', change(taken({ readyToUse: false }))],
    ['a class that goes', change(w.fast, 'delete')],
  ])('ends at the payload: %s', (_what, given) => expect(route(given)).toHaveProperty('findings'));

  const found = async (given: Change, objects: readonly KubeObject[]) => {
    const considered = route(given);
    if (!('search' in considered)) return 'subjects' in considered ? considered.subjects.map(({ name }) => name) : [];
    const names: string[] = [];
    for await (const { name } of considered.search(w.reading(objects))) names.push(name);
    return names;
  };

  test('of a clone, or of a snapshot, concerns the class as long as it is news', async () => {
    expect(await found(change(claim(true)), well)).toEqual(['lvm-fast']);
    expect(await found(change(claim(true)), await noted(well, { 'gleaner.dev/can-clone': 'yes, CloneSeen' }))).toEqual(
      [],
    );
    expect(await found(change(taken({ readyToUse: true })), well)).toEqual(['lvm-fast']);
    const seen = await noted(well, { 'gleaner.dev/can-snapshot': 'yes, SnapshotSeen' });
    expect(await found(change(taken({ readyToUse: true })), seen)).toEqual([]);
    expect(await found(change(taken({ error: { message: 'no space' } })), seen)).toEqual([]);
  });

  test('of a driver, a snapshot class or the Setting concerns the classes that now have another answer', async () => {
    const all = ['harvester-longhorn', 'lvm-fast', 'longhorn-v2'];
    const setting_: Change = { kind: 'Setting', name: 'csi-driver-config', namespace: '', type: 'update' };
    expect(await found(change(w.lvmDriver), well)).toEqual(all);
    expect(await found(setting_, well)).toEqual(['csi-driver-config', ...all]);
    const told = await noted(well);
    expect(await found(change(w.lvmDriver), told)).toEqual(['harvester-longhorn', 'longhorn-v2']);
    const later = w.without(told, w.lvmClass);
    expect(await found(change(w.lvmClass, 'delete'), later)).toEqual(['csi-driver-config', ...all]);
    expect(await found({ ...setting_, name: 'ui-index' }, later)).toEqual([]);
  });

  test('of the target concerns a class only when what stands on it is over', async () => {
    const target = (url: string) =>
      make.object(
        'longhorn.io/v1beta2',
        'BackupTarget',
        { name: 'default', namespace: 'longhorn-system' },
        { spec: { backupTargetURL: url } },
      );
    const objects = await noted(well, { 'gleaner.dev/allows-backup': 'no, NoBackupTarget' });
    expect(await found(change(target('s3://x@y/')), objects)).toEqual(['lvm-fast']);
    expect(await found(change(target('')), objects)).toEqual(['harvester-longhorn', 'longhorn-v2']);
  });
});
