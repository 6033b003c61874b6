import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { causeOfClaim } from '../../../shared/restore/hanging-claim.ts';
import { aged, ago, B, nowMs, V } from '../chain/chains.ts';
import * as w from './hanging-world.ts';

const causeIn = async (world: readonly KubeObject[]) => {
  const seen = await w.seenIn(world);
  return causeOfClaim(seen.volumes[0]!, seen, nowMs);
};
const handle =
  (snapshotHandle: string): make.Modifier =>
  (o) => {
    o['spec'].source = { snapshotHandle };
    o['status'].snapshotHandle = snapshotHandle;
  };
const refers =
  (fields: object): make.Modifier =>
  (o) =>
    void Object.assign(o['spec'].volumeSnapshotRef, fields);
const unready = make.withStatus({ readyToUse: false });
const deletedAt: (minutes: number) => make.Modifier = (minutes) => (o) =>
  void (o.metadata.deletionTimestamp = ago(minutes));
const longhorn = w.ofKind('Backup');
const policy = (deletionPolicy: string) => make.withSpec({ deletionPolicy });
/** Longhorn up to 1.7: its BackupVolumes have no spec, its Backups no target. */
const lax = (world: KubeObject[]) => [
  ...world.filter(({ kind }) => kind !== 'BackupVolume'),
  make.backupVolume(V, '1.7'),
];
const wrong = w.but(w.content, handle(`bs://data/${B}`));
const repair = 'gleaner apply vmrestore/r -n finance';

describe('nothing is said of a claim', () => {
  test.each<[string, KubeObject[]]>([
    ['whose pair and backup are right', w.waiting],
    ['in deletion for a moment', w.but(w.claim, deletedAt(30))],
    ['whose content has no handle yet', w.but(w.content, handle(''))],
    ['whose snapshot is young and not ready', w.but(w.snapshot, unready)],
    ['whose backup Longhorn still reads', w.but(longhorn, make.withStatus({ state: '' }))],
    // That is told of the target.
    ['whose target is away', w.lacking('Backup', 'BackupTarget')],
    // Such a Longhorn goes by the backup's name alone.
    ['with a wrong handle on Longhorn 1.7', lax(wrong)],
    ['that is Bound', w.but(w.claim, make.withSpec({ volumeName: 'x' }), make.withStatus({ phase: 'Bound' }))],
    ['that is not there yet', w.lacking(w.claim)],
  ])('%s', async (_what, world) => expect(await causeIn(world)).toBeUndefined());
});

describe('what keeps a claim', () => {
  test.each<[string, KubeObject[], string, string | undefined]>([
    ['it hangs in deletion', w.but(w.claim, deletedAt(31)), 'PersistentVolumeClaim', 'kubectl describe'],
    [
      'its StorageClass is gone',
      w.but(w.claim, make.withSpec({ storageClassName: 'x' })),
      'StorageClass',
      'kubectl get storageclasses',
    ],
    ['its snapshot is gone', w.lacking(w.snapshot), 'VolumeSnapshot', undefined],
    ['its snapshot and its backup are gone', w.lacking(w.snapshot, 'Backup'), 'Backup', undefined],
    ['its snapshot is in deletion', w.but(w.snapshot, deletedAt(1)), 'VolumeSnapshot', undefined],
    ['its content is gone', w.lacking(w.content), 'VolumeSnapshotContent', repair],
    ['its content and its backup are gone', w.lacking(w.content, 'Backup'), 'Backup', undefined],
    // Nobody takes its data away: on Retain first.
    [
      'its content is in deletion',
      w.but(w.content, policy('Delete'), deletedAt(1)),
      'VolumeSnapshotContent',
      '"deletionPolicy":"Retain"',
    ],
    ['its content is another’s', w.but(w.content, refers({ name: 'x' })), 'VolumeSnapshotContent', 'kubectl get'],
    [
      'its content is a former one’s, on Delete',
      w.but(w.content, policy('Delete'), refers({ uid: 'x' })),
      'VolumeSnapshotContent',
      '"deletionPolicy":"Retain"',
    ],
    [
      'its content is a former one’s',
      w.but(w.content, refers({ uid: 'x' })),
      'VolumeSnapshotContent',
      '"op":"test","path":"/spec/volumeSnapshotRef/uid","value":"x"',
    ],
    [
      'its content is of another driver',
      w.but(w.content, make.withSpec({ driver: 'x' })),
      'VolumeSnapshotContent',
      'kubectl get',
    ],
    ['its handle names no backup', w.but(w.content, handle(`snap://${V}/x`)), 'VolumeSnapshotContent', undefined],
    ['its backup is gone', w.lacking('Backup'), 'Backup', undefined],
    ['its backup failed', w.but(longhorn, make.withStatus({ state: 'Error' })), 'Backup', undefined],
    ['its backup has no BackupVolume', w.lacking('BackupVolume'), 'BackupVolume', 'kubectl get backupvolumes'],
    ['its handle is wrong', wrong, 'VolumeSnapshotContent', repair],
    [
      'its snapshot says why it is not ready',
      w.but(w.snapshot, unready, make.withStatus({ error: { message: 'x' } })),
      'VolumeSnapshot',
      'kubectl get',
    ],
    [
      'its snapshot class is gone',
      w.but(w.content, unready, make.withSpec({ volumeSnapshotClassName: 'x' })).map(notReady),
      'VolumeSnapshotContent',
      'volumesnapshotclasses',
    ],
    ['its pair is not ready for long', slow(), 'VolumeSnapshot', 'kubectl get'],
  ])('%s', async (_what, world, kind, cure) => {
    const cause = await causeIn(world);
    expect(cause?.object?.kind).toBe(kind);
    if (cure === undefined) expect(cause?.cure).toBeUndefined();
    else expect(cause?.cure).toContain(cure);
  });
});

function notReady(o: KubeObject): KubeObject {
  return o === w.snapshot ? { ...o, status: { ...o['status'], readyToUse: false } } : o;
}
function slow(): KubeObject[] {
  return w.waiting.map((o) => {
    if (o !== w.snapshot && o !== w.content) return o;
    const copy = structuredClone(notReady(o));
    aged(11)(copy);
    return copy;
  });
}

test('a content in a swap is no fault, though it is in deletion', async () => {
  const world = w.but(w.content, deletedAt(1)).map((o) => {
    if (o !== w.snapshot) return o;
    const copy = structuredClone(o);
    make.annotated({ 'gleaner.dev/swap': '{}' })(copy);
    return copy;
  });
  expect(await causeIn(world)).toBeUndefined();
});
