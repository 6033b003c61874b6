import { describe, expect, test } from '@jest/globals';
import verifyBackup from '../../functions/verify-backup/index.ts';
import { verdictOf } from '../../shared/plan/plan.ts';
import { digest, inWorld, sweepAll, writesOf } from './world.ts';

/** Lost snapshots and contents: made anew where the target still has the data, and nowhere else. */

const VOLUME = /^prod\/web-nightly ready=true disk-\d: bak:\/\/pvc-[0-9a-f-]{36}\/backup-[\w-]+ Delete ready=true$/;

describe('every volume has its right, bound and armed pair again', () => {
  test.each(['lost-snapshot', 'lost-content', 'lost-pair', 'lost-pair-restore', 'lost-taken-content'])(
    '%s',
    async (scenario) => {
      await inWorld({ scenario }, async (world) => {
        const before = await digest(world);
        expect(before.volumes.filter((volume) => !VOLUME.test(volume))).not.toEqual([]);
        await sweepAll(world);
        await world.sandbox.settle();
        await sweepAll(world);
        const after = await digest(world);
        for (const volume of after.volumes) expect(volume).toMatch(VOLUME);
        for (const claim of after.claims) expect(claim).toMatch(/ Bound$/);
        expect({ losses: after.losses, store: after.store }).toEqual({ losses: [], store: before.store });
        const armed = after.contents.filter((c) => c.endsWith(' Delete'));
        expect(armed).toHaveLength(after.volumes.length);
        expect(world.worse).toEqual([]);

        world.sandbox.api.clearRequests();
        const { findings, failures } = await sweepAll(world);
        expect(writesOf(world)).toEqual([]);
        expect(failures).toEqual([]);
        expect(findings.filter((f) => verdictOf(f) !== 'leave').map((f) => f.message)).toEqual([]);
      });
    },
  );

  test('a VMBackup deleted after that frees its backups, and leaves nothing', async () => {
    await inWorld({ scenario: 'lost-pair' }, async (world) => {
      await sweepAll(world);
      const { client, store } = world.sandbox;
      await client.delete('harvesterhci.io/v1beta1/VirtualMachineBackup', 'web-nightly', 'prod');
      await world.sandbox.settle();
      expect(store.backups()).toEqual([]);
      expect(await client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent')).toEqual([]);
    });
  });

  test('without Gleaner the VMBackup goes on saying that it is ready, and the restore fails', async () => {
    await inWorld({ scenario: 'lost-pair-restore' }, async (world) => {
      const { volumes, claims } = await digest(world);
      expect(volumes.filter((v) => /ready=true disk-0: undefined/.test(v))).toHaveLength(1);
      expect(claims.filter((c) => c.endsWith('Bound'))).toEqual([]);
    });
  });
});

test('a content that somebody put on Retain stays on it', async () => {
  await inWorld({ scenario: 'lost-snapshot-on-retain' }, async (world) => {
    await sweepAll(world);
    await world.sandbox.settle();
    await sweepAll(world);
    const { volumes, losses } = await digest(world);
    expect(losses).toEqual([]);
    expect(volumes[0]).toMatch(/ Retain ready=true$/);
    expect(volumes[1]).toMatch(VOLUME);
    world.sandbox.api.clearRequests();
    await sweepAll(world);
    expect(writesOf(world)).toEqual([]);
  });
});

test('policy "retain" leaves what was rebuilt on Retain', async () => {
  await inWorld({ scenario: 'lost-pair' }, async (world) => {
    const policies = { 'rebuild-snapshot': { rebuilt: 'retain' } };
    await sweepAll(world, { policies });
    expect((await digest(world)).volumes.filter((v) => v.endsWith('Retain ready=true'))).toHaveLength(1);
    world.sandbox.api.clearRequests();
    await sweepAll(world, { policies });
    expect(writesOf(world)).toEqual([]);
  });
});

describe('what must not be rebuilt is named and left alone', () => {
  test('lost for good', async () => {
    await inWorld({ scenario: 'lost-for-good' }, async (world) => {
      const before = await digest(world);
      const { findings, failures } = await sweepAll(world);
      expect(failures).toEqual([]);
      expect(writesOf(world)).toEqual([]);
      expect(await digest(world)).toEqual(before);
      const reasonsOf = (name: string) =>
        findings
          .filter((f) => (f.subject.name === name || f.facts?.['vmbackup'] === `prod/${name}`) && f.volume === 'disk-0')
          .map((f) => f.reason);
      expect(reasonsOf('unnamed')).toContain('NoLonghornBackupName');
      expect(reasonsOf('nowhere')).toContain('BackupMissing');
      expect(reasonsOf('late')).toContain('ScheduledBackupBusy');
    });
  });

  test('a content that was silently replaced', async () => {
    await inWorld({ scenario: 'content-replaced' }, async (world) => {
      const { findings } = await sweepAll(world);
      expect(writesOf(world)).toEqual([]);
      expect(findings.map((f) => f.reason)).toContain('ContentReplaced');
      const audited = await sweepAll(world, { functions: [verifyBackup] });
      expect(audited.findings.map((f) => f.reason)).toEqual(['ContentReplaced']);
    });
  });
});
