import { describe, expect, test } from '@jest/globals';
import verifyBackup from '../../functions/verify-backup/index.ts';
import { secretMarkers } from '../../sandbox/scenarios/build.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { SandboxOptions } from '../../sandbox/index.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import type { World } from './world.ts';
import { inWorld, Killed, sweepAll, sweepOf, writesOf } from './world.ts';

/** verify-backup alone, by sweeps: it finds, it writes down, and it touches nothing of what it looks at. */

const verify = (world: World, options?: Parameters<typeof sweepOf>[2]) => sweepOf(verifyBackup, world, options);

const events = ({ sandbox }: World) => sandbox.client.list('events.k8s.io/v1/Event');
const reports = ({ sandbox }: World) => sandbox.client.list('wgpolicyk8s.io/v1alpha2/PolicyReport');
const open = (findings: readonly Finding[]) =>
  findings.filter(needsAttention).map((f) => `${f.reason} ${f.subject.kind}/${f.subject.name}`);
/** What a world is made of, but for what was written about it. */
async function everythingElse({ sandbox }: World): Promise<KubeObject[]> {
  const kinds = [
    'harvesterhci.io/v1beta1/VirtualMachineBackup',
    'harvesterhci.io/v1beta1/VirtualMachineRestore',
    'snapshot.storage.k8s.io/v1/VolumeSnapshot',
    'snapshot.storage.k8s.io/v1/VolumeSnapshotContent',
    'longhorn.io/v1beta2/Backup',
    'longhorn.io/v1beta2/BackupVolume',
  ];
  return (await Promise.all(kinds.map((kind) => sandbox.client.list(kind)))).flat();
}
const in_ = <T>(scenario: string, act: (world: World) => Promise<T>, options: SandboxOptions = {}) =>
  inWorld({ scenario, ...options }, act);

describe('a healthy cluster', () => {
  test('costs nine lists, no other call, and nothing is written or said against it', () =>
    in_('healthy', async (world) => {
      const findings = await verify(world);
      const calls = world.sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner'));
      expect(calls.map(({ verb }) => verb)).toEqual(Array(9).fill('list'));
      expect(open(findings)).toEqual([]);
      expect(findings.map((f) => f.reason).sort()).toEqual(['BackupVerified', 'BackupVerified']);
      expect(await events(world)).toEqual([]);
      expect(await reports(world)).toEqual([]);
    }));

  test.each(['not-ours', 'empty'])('nothing is said or written in %s', (scenario) =>
    in_(scenario, async (world) => {
      expect(open(await verify(world))).toEqual([]);
      expect(writesOf(world)).toEqual([]);
    }),
  );
});

describe('broken links', () => {
  const broken = [
    'BackupMissing Backup',
    'BackupVolumeMissing BackupVolume',
    'ContentMissing VolumeSnapshotContent',
    'ContentReplaced VolumeSnapshotContent',
    'SnapshotMissing VolumeSnapshot',
    'SnapshotMissing VolumeSnapshot',
  ];

  test('each is named with the object at fault, recorded on its VMBackup, and nothing else changes', () =>
    in_('broken-links', async (world) => {
      const before = await everythingElse(world);
      const found = open(await verify(world)).filter((f) => !f.startsWith('OrphanBackup'));
      expect(found.map((f) => f.replace(/\/.*/, '')).sort()).toEqual(broken);
      const recorded = await events(world);
      expect(recorded.map((e) => `${e['reason']} ${e['related'].kind}`).sort()).toEqual(broken);
      for (const event of recorded) {
        expect(event['regarding']).toMatchObject({ kind: 'VirtualMachineBackup', namespace: 'prod' });
        expect(event['type']).toBe('Warning');
        expect(event['series']).toBeUndefined();
      }
      const written = await reports(world);
      expect(written.map((r) => r['scope'].name).sort()).toEqual(
        ['lost-backup', 'lost-content', 'lost-pair', 'lost-snapshot', 'lost-volume', 'replaced'].sort(),
      );
      for (const report of written) {
        expect(report['results']).toHaveLength(6);
        expect(report['summary'].fail).toBe(1);
        expect(report.metadata.ownerReferences).toEqual([
          expect.objectContaining({ kind: 'VirtualMachineBackup', uid: report['scope'].uid }),
        ]);
      }
      expect(await everythingElse(world)).toEqual(before);
    }));

  test('a second run writes nothing; the same trouble, later, is counted and not recorded anew', () =>
    in_('broken-links', async (world) => {
      const startMs = Date.now();
      await verify(world, { atMs: startMs });
      world.sandbox.api.clearRequests();
      await verify(world, { atMs: startMs + 60_000 });
      expect(writesOf(world)).toEqual([]);

      const names = (await events(world)).map((e) => e.metadata.name).sort();
      await verify(world, { atMs: startMs + 31 * 60_000 });
      await verify(world, { atMs: startMs + 62 * 60_000 });
      const later = await events(world);
      expect(later.map((e) => e.metadata.name).sort()).toEqual(names);
      for (const event of later) expect(event['series'].count).toBe(3);
    }));

  test('killed after any write, it ends the same', () =>
    in_('broken-links', async (world) => {
      for (let killAfter = 1; killAfter <= 12; killAfter++) {
        await verify(world, { killAfter }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      }
      await verify(world);
      expect(await events(world)).toHaveLength(6);
      expect(await reports(world)).toHaveLength(6);
      world.sandbox.api.clearRequests();
      await verify(world);
      expect(writesOf(world)).toEqual([]);
    }));

  test('an Event that has expired is recorded anew', () =>
    in_('broken-links', async (world) => {
      await verify(world);
      const [first] = await events(world);
      await world.sandbox.client.delete('events.k8s.io/v1/Event', first!.metadata.name, first!.metadata.namespace);
      await verify(world);
      expect(await events(world)).toHaveLength(6);
    }));

  test('without any CRD for reports there are Events alone', () =>
    in_(
      'broken-links',
      async (world) => {
        await verify(world);
        expect(await events(world)).toHaveLength(6);
        world.sandbox.api.clearRequests();
        await verify(world);
        expect(writesOf(world)).toEqual([]);
      },
      { withoutGroups: ['wgpolicyk8s.io', 'openreports.io'] },
    ));

  test('where only OpenReports is installed, reports go there', () =>
    in_(
      'broken-links',
      async (world) => {
        await verify(world);
        const written = await world.sandbox.client.list('openreports.io/v1alpha1/Report');
        expect(written).toHaveLength(6);
        for (const report of written) expect(report['source']).toBe('gleaner');
      },
      { withoutGroups: ['wgpolicyk8s.io'] },
    ));
});

test('once repaired, the report says so and a Normal event closes the matter', () =>
  in_('wrong-handle', async (world) => {
    await verify(world);
    expect((await reports(world)).map((r) => r['summary'].fail)).toEqual([1]);
    await sweepAll(world);
    await world.sandbox.settle();
    await sweepAll(world);
    expect(open(await verify(world))).toEqual([]);
    const [report] = await reports(world);
    expect(report!['summary']).toEqual({ pass: 6, fail: 0, warn: 0, error: 0, skip: 0 });
    expect((await events(world)).map((e) => `${e['type']} ${e['reason']}`).sort()).toEqual([
      'Normal BackupVerified',
      'Warning HandleWrong',
    ]);
    world.sandbox.api.clearRequests();
    await verify(world);
    expect(writesOf(world)).toEqual([]);
    // From lists alone again: the report accuses nobody any more.
    expect(world.sandbox.api.requests().filter((r) => r.verb === 'get')).toEqual([]);
  }));

describe('orphans', () => {
  test('each kind is told with its size, and what others keep on purpose is not', () =>
    in_('orphans', async (world) => {
      const findings = await verify(world);
      expect(
        open(findings)
          .map((f) => f.replace(/backup-[0-9a-f]{16}/, 'backup-…'))
          .sort(),
      ).toEqual([
        'OrphanBackup Backup/backup-…',
        'OrphanContent VolumeSnapshotContent/retained-volume-retained-disk-vsc',
        'OrphanSnapshot VolumeSnapshot/forgotten-volume-forgotten-disk',
      ]);
      const bytes = Object.fromEntries(findings.filter(needsAttention).map((f) => [f.reason, f.facts?.['bytes']]));
      expect(bytes).toEqual({
        OrphanBackup: String(3 * 2 ** 30),
        OrphanContent: String(10 * 2 ** 30),
        OrphanSnapshot: String(10 * 2 ** 30),
      });
      expect(findings.find((f) => f.reason === 'OrphanBackup')?.message).toContain('3 GiB');
      expect(writesOf(world)).toEqual([]);
    }));

  test('a deletion that silently freed nothing leaves an orphan: wrong handle, Longhorn 1.8', () =>
    in_('longhorn-1.8', async (world) => {
      const { client } = world.sandbox;
      expect(open(await verify(world)).filter((f) => f.startsWith('Orphan'))).toEqual([]);
      const kind = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
      const [backup] = await client.list(kind);
      await client.delete(kind, backup!.metadata.name, backup!.metadata.namespace);
      await world.sandbox.settle();
      const name = backup!['status'].volumeBackups[0].longhornBackupName;
      expect(open(await verify(world))).toEqual([`OrphanBackup Backup/${name}`]);
    }));

  test('where a VMBackup cannot be read, nobody is called an orphan: it may be claimed there', () =>
    in_('orphans', async (world) => {
      const [backup] = await world.sandbox.client.list('harvesterhci.io/v1beta1/VirtualMachineBackup');
      const { uid: _uid, ...metadata } = backup!.metadata;
      world.sandbox.seed([
        { ...backup!, metadata: { ...metadata, name: 'odd' }, spec: { ...backup!['spec'], type: 7 } },
      ]);
      expect(open(await verify(world)).filter((f) => f.startsWith('Orphan'))).toEqual([]);
    }));
});

describe('blockers', () => {
  test('are told with the command that clears them', () =>
    in_('blockers', async (world) => {
      const findings = (await verify(world)).filter(needsAttention);
      const commands = Object.fromEntries(findings.map((f) => [`${f.reason} ${f.subject.name}`, f.command]));
      expect(Object.keys(commands).sort()).toEqual([
        'RestoreHanging of-nothing',
        'VMBackupDegraded damaged',
        'VMBackupFailed failed',
      ]);
      expect(commands['RestoreHanging of-nothing']).toBe(
        'kubectl delete virtualmachinerestores.harvesterhci.io of-nothing -n finance',
      );
      expect(commands['VMBackupFailed failed']).toBe(
        'kubectl delete virtualmachinebackups.harvesterhci.io failed -n prod',
      );
      expect((await events(world)).map((e) => e['regarding'].kind).sort()).toEqual([
        'VirtualMachineBackup',
        'VirtualMachineBackup',
        'VirtualMachineRestore',
      ]);
    }));

  test('a restore that hangs on a wrong handle is cured by what it is told', () =>
    in_('restore-hanging', async (world) => {
      const hanging = (await verify(world)).find((f) => f.reason === 'RestoreHanging');
      expect(hanging).toMatchObject({ command: 'gleaner apply vmrestore/restore-web -n finance' });
      await sweepAll(world);
      await world.sandbox.settle();
      await sweepAll(world);
      expect(open(await verify(world))).toEqual([]);
    }));

  test('a target that is away is told once, not of every backup', () =>
    in_('several-vms', async (world) => {
      const { client } = world.sandbox;
      await sweepAll(world);
      await client.mergePatch(
        'longhorn.io/v1beta2/BackupTarget',
        'default',
        'longhorn-system',
        { status: { available: false, conditions: [{ type: 'Unavailable', status: 'True' }] } },
        'status',
      );
      expect(open(await verify(world))).toEqual(['TargetUnavailable BackupTarget/default']);
      expect((await events(world)).map((e) => e['regarding'].kind)).toEqual(['BackupTarget']);
    }));
});

test.each(['broken', 'blockers', 'restore-hanging'])(
  'no secret gets into findings, events or reports: %s',
  (scenario) =>
    in_(scenario, async (world) => {
      const findings = await verify(world);
      const text = JSON.stringify([findings, await events(world), await reports(world)]);
      expect(text.length).toBeGreaterThan(1000);
      for (const secret of secretMarkers) expect(text).not.toContain(secret);
    }),
);
