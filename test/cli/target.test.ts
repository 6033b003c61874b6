import { describe, expect, test } from '@jest/globals';
import { setting } from '../../sandbox/scenarios/build.ts';
import { connected, longhornTarget, one, startStill } from '../scenarios/odd/static.ts';

describe('the setting of the target', () => {
  const value = (fields: object) => ({ value: JSON.stringify({ type: 's3', endpoint: '', ...fields }) });
  test.each([
    ['names another bucket', value({ bucketName: 'new', bucketRegion: 'r' }), 'TargetDiffers'],
    ['cannot be read', value({ refreshIntervalInSeconds: '60' }), 'TargetUnreadable'],
  ])('%s: doctor lists it, and it has a story', async (_what, fields, reason) => {
    const still = await startStill([...one('web').all, setting('backup-target', fields)]);
    try {
      const doctor = await still.run('doctor', '-o', 'json');
      expect(doctor.code).toBe(1);
      expect(JSON.parse(doctor.out).blockers).toMatchObject([{ reason, subject: { kind: 'Setting' } }]);
      const story = await still.run('explain', 'setting/backup-target', '-o', 'json');
      expect(story.code).toBe(1);
      expect(JSON.parse(story.out).findings.map((f: any) => f.reason)).toContain(reason);
    } finally {
      await still.stop();
    }
  });
});

test('the story of a VMBackup says that its target has another address to Harvester, as a scan does', async () => {
  const web = one('web');
  web.vmb.status.backupTarget.endpoint = 'https://old.example.org';
  const still = await startStill(web.all);
  try {
    const story = await still.run('explain', 'vmbackup/web', '-n', 'prod', '-o', 'json');
    expect(story.code).toBe(1);
    expect(JSON.parse(story.out).findings).toContainEqual(expect.objectContaining({ reason: 'OtherAddress' }));
    expect(JSON.parse((await still.run('scan', '-o', 'json')).out).findings).toMatchObject([
      { reason: 'OtherAddress' },
    ]);
  } finally {
    await still.stop();
  }
});

test('the story of a VMBackup whose target is away says so, and that something is to be done', async () => {
  const still = await startStill([...one('web').all, longhornTarget(connected, { available: false })]);
  try {
    const story = await still.run('explain', 'vmbackup/web', '-n', 'prod', '-o', 'json');
    expect(story.code).toBe(1);
    expect(JSON.parse(story.out)).toMatchObject({
      commands: [expect.stringMatching(/^kubectl describe backuptargets/)],
      findings: expect.arrayContaining([expect.objectContaining({ reason: 'TargetUnavailable' })]),
    });
  } finally {
    await still.stop();
  }
});
