import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { contentNameOf, lookUpBackup, pairContentName } from '../../../shared/chain/lookup.ts';
import { decoded } from '../../gen/decoded.ts';
import { countingReader } from '../../gen/reader.ts';

const owner = (endpoint = '', bucketName = 'vm-backups') =>
  decoded(
    'VirtualMachineBackup',
    make.vmBackup({ name: 'nightly', entries: [], target: { endpoint, bucketName, bucketRegion: 'eu-central-1' } }),
  );
const backup = (...modifiers: make.Modifier[]) =>
  make.backup({ volume: 'pvc-1', backup: 'backup-1', version: '1.9' }, ...modifiers);
const base = baseWorld();
const isTarget = ({ kind }: KubeObject) => kind === 'BackupTarget';
const target = (...modifiers: make.Modifier[]) => {
  const copy = structuredClone(base.find(isTarget)!);
  for (const modify of modifiers) modify(copy);
  return [...base.filter((o) => !isTarget(o)), copy];
};
const unlisted = make.withSpec({ syncRequestedAt: '2025-05-01T00:00:00Z' });
const bv = (...modifiers: make.Modifier[]) => make.backupVolume('pvc-1', '1.9', ...modifiers);

describe('lookUpBackup', () => {
  test.each<[string, KubeObject[], object]>([
    ['complete', [...base, backup()], { is: 'found', facts: { volume: 'pvc-1' } }],
    // What is there is there, whatever Longhorn says of the target.
    ['complete, the target away', [backup()], { is: 'found' }],
    ['at work', [...base, backup(make.withStatus({ state: 'InProgress' }))], absent('BackupNotSynced')],
    ['failed', [...base, backup(make.withStatus({ state: 'Error' }))], absent('BackupFailed')],
    ['in deletion', [...base, backup(make.deleting)], absent('BackupBeingDeleted')],
    ['of two volumes', [...base, backup(make.labelled({ 'backup-volume': 'pvc-2' }))], absent('VolumeMismatch')],
    ['missing', base, absent('BackupMissing')],
    ['missing, its volume listed', [...base, bv()], absent('BackupMissing')],
    ['missing, with no target', base.filter((o) => !isTarget(o)), unknown('TargetNotConnected')],
    ['missing, the target disconnected', target(make.withSpec({ backupTargetURL: '' })), unknown('TargetNotConnected')],
    ['missing, the target out of reach', target(make.withStatus({ available: false })), unknown('TargetUnavailable')],
    ['missing, the target not listed since it was asked to', target(unlisted), unknown('BackupNotSynced')],
    ['missing, the target never listed', target(make.withStatus({ lastSyncedAt: null })), unknown('BackupNotSynced')],
    ['missing, its volume not listed', [...base, bv(unlisted)], unknown('BackupNotSynced')],
  ])('%s', async (_what, world, says) => {
    const { reader } = countingReader(world);
    expect(await lookUpBackup(reader, 'backup-1', { owner: owner(), volume: 'pvc-1' })).toMatchObject(says);
  });

  test('of a VMBackup whose target is another one, nothing is known', async () => {
    const { reader } = countingReader(base);
    const look = (one: ReturnType<typeof owner>) => lookUpBackup(reader, 'backup-1', { owner: one });
    expect(await look(owner('', 'other'))).toMatchObject(unknown('OtherTarget'));
    expect(await look(owner())).toMatchObject(absent('BackupMissing'));
  });

  test.each<[string, KubeObject[], string | undefined, string[]]>([
    ['one that is there is read, and no more', [...base, backup(), bv()], 'pvc-1', ['get Backup']],
    [
      'one that is not, also its target and its volume',
      [...base, bv()],
      'pvc-1',
      ['get Backup', 'get BackupTarget', 'list BackupVolume'],
    ],
    ['without a volume, no BackupVolumes', base, undefined, ['get Backup', 'get BackupTarget']],
  ])('%s', async (_what, world, volume, calls) => {
    const counted = countingReader(world);
    await lookUpBackup(counted.reader, 'backup-1', { owner: owner(), volume });
    expect(counted.calls).toEqual(calls);
  });
});

function absent(reason: string) {
  return { is: 'absent', trouble: { reason } };
}
function unknown(reason: string) {
  return { is: 'unknown', absence: { reason } };
}

describe('the content of a snapshot', () => {
  const snapshot = (shape: Partial<make.SnapshotShape>, ...modifiers: make.Modifier[]) =>
    decoded('VolumeSnapshot', make.snapshot({ name: 'web', ...shape }, ...modifiers));
  const unbound = make.withStatus({ boundVolumeSnapshotContentName: null });
  const taken = `snapcontent-${make.uidFor('VolumeSnapshot', 'web', 'prod')}`;
  test.each([
    ['pre-provisioned', snapshot({}), 'web-vsc', 'web-vsc'],
    ['pre-provisioned, of another name', snapshot({ content: 'by-hand' }), 'by-hand', 'by-hand'],
    ['pre-provisioned, bound to another', snapshot({}, bound('other')), 'web-vsc', 'web-vsc'],
    ['taken here', snapshot({ claim: 'data' }), taken, taken],
    ['taken here, not bound yet', snapshot({ claim: 'data' }, unbound), undefined, undefined],
    // Only for one that is gone the name is Harvester's to give.
    ['gone', undefined, undefined, 'web-vsc'],
  ])('%s', (_what, one, named, ofPair) => {
    expect(contentNameOf(one)).toBe(named);
    expect(pairContentName('web', one)).toBe(ofPair);
  });

  test('of an entry without a snapshot’s name there is none', () => {
    expect(pairContentName('', undefined)).toBeUndefined();
  });
});

function bound(boundVolumeSnapshotContentName: string) {
  return make.withStatus({ boundVolumeSnapshotContentName });
}
