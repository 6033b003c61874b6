import { describe, expect, test } from '@jest/globals';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import {
  judgeAbsence,
  judgeAddress,
  judgeAdmission,
  judgeSetting,
  judgeSync,
  judgeTarget,
  judgeTargetOf,
} from '../../../shared/chain/target.ts';
import { decoded } from '../../gen/decoded.ts';

const now = Date.parse('2025-06-01T00:00:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
const base = baseWorld();
const target = (...modifiers: make.Modifier[]) => {
  const copy = structuredClone(base.find(({ kind }) => kind === 'BackupTarget')!);
  for (const modify of modifiers) modify(copy);
  return decoded('BackupTarget', copy);
};
const connectedTo = (backupTargetURL: string) => make.withSpec({ backupTargetURL });
const asked = (syncRequestedAt: string) => make.withSpec({ syncRequestedAt });
const listed = (lastSyncedAt: string | null) => make.withStatus({ lastSyncedAt });
const unavailable = make.withStatus({ conditions: [{ type: 'Unavailable', status: 'True' }] });
const silent = make.withStatus({ available: null });
const volume = (...modifiers: make.Modifier[]) =>
  decoded('BackupVolume', make.backupVolume('pvc-1', '1.9', ...modifiers));

const backup = (backupTarget: object | null, ...modifiers: make.Modifier[]) =>
  decoded(
    'VirtualMachineBackup',
    make.vmBackup({ name: 'nightly', entries: [] }, make.withStatus({ backupTarget }), ...modifiers),
  );
const s3 = { endpoint: '', bucketName: 'vm-backups', bucketRegion: 'eu-central-1' };
const nfs = (endpoint: string) => ({ endpoint, bucketName: '', bucketRegion: '' });
const setting = (fields: object | string) =>
  decoded(
    'Setting',
    make.setting('backup-target', { value: typeof fields === 'string' ? fields : JSON.stringify(fields) }),
  );
const s3Setting = setting({ type: 's3', ...s3 });
const nfsSetting = (endpoint: string) => setting({ type: 'nfs', endpoint });

describe('judgeTarget', () => {
  test.each([
    ['available', target(), undefined],
    ['silent on it', target(silent), undefined],
    ['available, and an old condition', target(unavailable), undefined],
    ['none', undefined, 'TargetNotConnected'],
    ['without a URL', target(connectedTo('')), 'TargetNotConnected'],
    ['unavailable by its flag', target(make.withStatus({ available: false })), 'TargetUnavailable'],
    ['unavailable by its condition', target(silent, unavailable), 'TargetUnavailable'],
  ])('%s', (_what, one, reason) => expect(judgeTarget(one)?.reason).toBe(reason));
});

describe('judgeTargetOf', () => {
  test.each([
    ['on the connected one', backup(s3), target(), undefined],
    ['which does not say where', backup(null), target(), undefined],
    ['of another bucket', backup({ ...s3, bucketName: 'old' }), target(), 'OtherTarget'],
    ['of another region', backup({ ...s3, bucketRegion: 'us-east-1' }), target(), 'OtherTarget'],
    ['on a share, and a bucket is connected', backup(nfs('nas:/share')), target(), 'OtherTarget'],
    ['on the connected share', backup(nfs('nas:/share')), target(connectedTo('nfs://nas:/share/')), undefined],
    ['by the old annotations', backup(null, legacy('vm-backups', 'eu-central-1')), target(), undefined],
    ['elsewhere by the old annotations', backup(null, legacy('old', 'eu-central-1')), target(), 'OtherTarget'],
    ['with no target', backup(s3), undefined, 'TargetNotConnected'],
  ])('a VMBackup %s', (_what, one, on, reason) => expect(judgeTargetOf(one, on)?.reason).toBe(reason));
});

function legacy(bucket: string, region: string): make.Modifier {
  return make.annotated({
    'backup.harvesterhci.io/bucket-name': bucket,
    'backup.harvesterhci.io/bucket-region': region,
  });
}

describe('judgeSync', () => {
  const polled = make.withSpec({ pollInterval: '5m0s' });
  const unpolled = make.withSpec({ pollInterval: '0' });
  test.each([
    ['never asked', target(), undefined],
    ['answered', target(asked(ago(20)), listed(ago(19))), undefined],
    ['just asked', target(unpolled, asked(ago(1)), listed(ago(600))), undefined],
    ['asked ten minutes ago', target(unpolled, asked(ago(10)), listed(ago(600))), undefined],
    ['not connected', target(connectedTo(''), asked(ago(60)), listed(null)), undefined],
    ['asked longer ago', target(unpolled, asked(ago(11)), listed(ago(600))), 'TargetNotSyncing'],
    ['never listed', target(unpolled, asked(ago(11)), listed(null)), 'TargetNotSyncing'],
    // Each poll asks anew: what tells is how far it is behind.
    ['polled, and an hour behind', target(polled, asked(ago(3)), listed(ago(63))), undefined],
    ['polled, and further behind', target(polled, asked(ago(3)), listed(ago(64))), 'TargetNotSyncing'],
    ['polled just now, and further behind', target(polled, asked(ago(1)), listed(ago(64))), undefined],
    ['asked for a time to come', target(asked(ago(-60)), listed(ago(1))), 'TargetNotSyncing'],
  ])('%s', (_what, one, reason) => expect(judgeSync(one, now)?.reason).toBe(reason));
});

describe('judgeAbsence', () => {
  const yearOne = '0001-01-01T00:00:00Z';
  test.each([
    ['listed', target(), [], undefined, undefined],
    ['listed since it was asked to', target(asked(ago(5)), listed(ago(4))), [volume()], undefined, undefined],
    ['silent on when', target((o) => void delete o['status'].lastSyncedAt), [], undefined, undefined],
    ['the VMBackup’s own', target(), [volume()], backup(s3), undefined],
    ['none', undefined, [], undefined, 'TargetNotConnected'],
    ['out of reach', target(make.withStatus({ available: false })), [], undefined, 'TargetUnavailable'],
    ['another than the VMBackup’s', target(), [], backup({ ...s3, bucketName: 'old' }), 'OtherTarget'],
    ['without a status', target((o) => void delete o['status']), [], undefined, 'BackupNotSynced'],
    ['never listed, as null', target(listed(null)), [], undefined, 'BackupNotSynced'],
    ['never listed, as the year 1', target(listed(yearOne)), [], undefined, 'BackupNotSynced'],
    ['not listed since it was asked to', target(asked(ago(5)), listed(ago(6))), [], undefined, 'BackupNotSynced'],
    ['listed, its volume not', target(), [volume(listed(null))], undefined, 'BackupNotSynced'],
    ['listed, one of two volumes not', target(), [volume(), volume(asked(ago(5)))], undefined, 'BackupNotSynced'],
  ])('the target is %s', (_what, one, volumes, of, reason) => {
    expect(judgeAbsence(one, volumes, of)?.reason).toBe(reason);
  });
});

describe('judgeSetting', () => {
  const share = target(connectedTo('nfs://nas:/share/'));
  test.each([
    ['the same bucket', s3Setting, target(), undefined],
    ['the same share', nfsSetting('nfs://nas:/share'), share, undefined],
    ['the same share, no scheme', nfsSetting('nas:/share/'), share, undefined],
    ['a target, and nothing is connected', s3Setting, target(connectedTo('')), undefined],
    ['nothing, and nothing is connected', undefined, undefined, undefined],
    ['what cannot be read', setting('{'), target(), undefined],
    ['a target of a type not known', setting({ type: 'azure', endpoint: 'x' }), target(), undefined],
    ['no setting', undefined, target(), 'the setting backup-target does not exist'],
    ['no target', setting(''), target(), 'names no target'],
    ['another bucket', setting({ type: 's3', ...s3, bucketName: 'old' }), target(), 'names s3://old@eu-central-1'],
    ['another share', nfsSetting('nas:/old'), share, 'names nfs://nas:/old'],
  ])('%s', (_what, one, on, says) => expectSays(judgeSetting(one, on), says));

  test('never repeats a name or a password in an address', () => {
    const said = judgeSetting(nfsSetting('nfs://me:GLEANER-TEST-SECRET@nas:/old'), share);
    expect(said).toContain('nfs://nas:/old');
    expect(said).not.toContain('GLEANER-TEST-SECRET');
  });
});

describe('judgeAddress', () => {
  const local = (o: { [key: string]: any }) => void (o['spec'].type = 'snapshot');
  test.each([
    ['the same address', backup(nfs('nas:/share')), nfsSetting('nas:/share'), undefined],
    ['the same bucket', backup(s3), s3Setting, undefined],
    ['another share', backup(nfs('nas:/old')), nfsSetting('nas:/share'), undefined],
    ['another bucket', backup({ ...s3, bucketName: 'old', endpoint: 'x' }), s3Setting, undefined],
    ['no setting', backup(nfs('nas:/share')), undefined, undefined],
    ['of type snapshot', backup(nfs('nfs://nas:/share'), local), nfsSetting('nas:/share'), undefined],
    ['in deletion', backup(nfs('nfs://nas:/share'), make.deleting), nfsSetting('nas:/share'), undefined],
    ['no target, while it is being made', backup(null, make.withStatus({ readyToUse: false })), s3Setting, undefined],
    ['no target, and it is ready', backup(null), s3Setting, 'it records no target'],
    [
      'the same share with a scheme',
      backup(nfs('nfs://nas:/share')),
      nfsSetting('nas:/share'),
      'was at nfs://nas:/share',
    ],
    ['the same share with a slash', backup(nfs('nas:/share/')), nfsSetting('nas:/share'), 'was at nas:/share/'],
    ['the same bucket at another address', backup({ ...s3, endpoint: 'https://x' }), s3Setting, 'names no address'],
  ])('%s', (_what, one, on, says) => expectSays(judgeAddress(one, on), says));
});

describe('judgeAdmission', () => {
  test.each([
    ['the same', backup(s3), s3Setting, undefined],
    ['no setting', backup(s3), undefined, 'the setting backup-target does not exist'],
    ['no target', backup(s3), setting(''), 'names no target'],
    ['what cannot be read', backup(s3), setting('{'), 'cannot parse the value'],
    ['another bucket', backup({ ...s3, bucketName: 'old' }), s3Setting, 'its backups are on s3://old@eu-central-1'],
    ['another spelling of the share', backup(nfs('nfs://nas:/share')), nfsSetting('nas:/share'), 'another target'],
  ])('%s', (_what, one, on, says) => expectSays(judgeAdmission(one, on), says));
});

function expectSays(said: string | undefined, part: string | undefined): void {
  if (part === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(part);
}
