import { describe, expect, jest, test } from '@jest/globals';
import verifyBackup from '../../functions/verify-backup/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import type { Drilling } from './drilling.ts';
import { eventsIn, inDrillWorld, leftovers, NAMESPACE, recordOf, step, tick, ticks, WEB } from './drilling.ts';
import { digest, functions, sweepAll, writesOf } from './world.ts';

// A drill takes several sweeps, perhaps on a busy machine.
jest.setTimeout(180_000);

const CONTENT = 'snapshot.storage.k8s.io/v1/VolumeSnapshotContent';
const BACKUP_VOLUME = 'longhorn.io/v1beta2/BackupVolume';
const CLAIM = 'v1/PersistentVolumeClaim';
const BACKUP = 'longhorn.io/v1beta2/Backup';
const VMBACKUP = 'harvesterhci.io/v1beta1/VirtualMachineBackup';
const DAY = 24 * 60;
/** Only the one VMBackup `prod/web-nightly`. */
const onlyWeb = async ({ sandbox: { client } }: Drilling) => {
  await client.mergePatch(VMBACKUP, 'web-nightly', 'prod', { metadata: { labels: { drill: 'yes' } } });
  return { selector: 'drill=yes' };
};
const reasonsOf = (findings: readonly { reason: string }[]) => findings.map(({ reason }) => reason);
const marked = async ({ sandbox: { client } }: Drilling, kind: string): Promise<KubeObject[]> =>
  (await client.list(kind)).filter(({ metadata }) => metadata.labels?.['gleaner.dev/drill']);

describe('a drill that works', () => {
  test('proves each VMBackup, one after the other, and leaves nothing but the record', () =>
    inDrillWorld('healthy', async (world) => {
      const before = await digest(world);
      const policies = new Set<string>();
      let most = 0;
      world.sandbox.client.watch(CONTENT, ({ object }) => {
        if (object.metadata.labels?.['gleaner.dev/drill']) policies.add(object['spec'].deletionPolicy);
      });
      world.sandbox.client.watch('v1/ConfigMap', ({ object }) => {
        const running = Object.values<string>(object['data'] ?? {}).filter((text) => JSON.parse(text).run);
        most = Math.max(most, running.length);
      });
      const { findings } = await ticks(world);
      expect(reasonsOf(findings)).toEqual(['DrillCleaned', 'DrillProved', 'DrillProved']);
      expect(findings[1]!.message).toMatch(/^proved restorable at 20\S+Z, took \d+ s$/);
      expect(await leftovers(world)).toEqual([]);
      expect(await digest(world)).toEqual(before);
      expect({ most, policies: [...policies] }).toEqual({ most: 1, policies: ['Retain'] });
      const record = await recordOf(world);
      const proved = {
        at: expect.any(String),
        tookSeconds: expect.any(Number),
        bytes: 10 * 2 ** 30,
        volumes: 1,
        read: false,
      };
      expect(Object.keys(record).sort()).toEqual(['prod/db-nightly', 'prod/web-nightly']);
      for (const entry of Object.values(record)) expect(entry).toEqual({ vmBackup: expect.any(String), proved });
      expect((await eventsIn(world)).sort()).toEqual([
        'Normal DrillProved db-nightly',
        'Normal DrillProved web-nightly',
      ]);

      world.sandbox.api.clearRequests();
      expect((await tick(world)).writes).toBe(0);
      expect(writesOf(world)).toEqual([]);
    }));

  test.each(['mixed-volumes', 'longhorn-1.7'])(
    'of all volumes, read from both ends, whatever the own pair’s handle says: %s',
    (scenario) =>
      inDrillWorld(scenario, async (world) => {
        const policy = { ...(await onlyWeb(world)), read: 'on' };
        const before = await digest(world);
        const first = await tick(world, { policy });
        expect(first.findings.map((f) => f.reason)).toContain('DrillStart');
        const claims = await marked(world, CLAIM);
        const entries = (await world.sandbox.client.get(VMBACKUP, 'web-nightly', 'prod'))!['status'].volumeBackups;
        expect(claims).toHaveLength(entries.length);
        for (const claim of claims) {
          expect(claim['spec']).toMatchObject({
            storageClassName: 'harvester-longhorn',
            volumeMode: 'Block',
            accessModes: ['ReadWriteMany'],
          });
          expect(claim.metadata.namespace).toBe(NAMESPACE);
        }
        for (const content of await marked(world, CONTENT)) {
          expect(content['spec'].source.snapshotHandle).toMatch(/^bak:\/\/pvc-[0-9a-f-]{36}\/backup-/);
        }
        await ticks(world, { policy });
        expect((await recordOf(world))['prod/web-nightly'].proved).toMatchObject({
          volumes: entries.length,
          read: true,
        });
        expect(await leftovers(world)).toEqual([]);
        expect(await digest(world)).toEqual(before);
      }),
  );

  test('is done again when the proof is old, or from before a time that is named', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = { ...(await onlyWeb(world)), everyDays: 30 };
      await ticks(world, { policy });
      expect((await tick(world, { policy, later: 29 * DAY })).writes).toBe(0);
      expect((await ticks(world, { policy, later: 31 * DAY })).writes).toBeGreaterThan(0);
      expect((await eventsIn(world)).length).toBe(2);
      const after = new Date(Date.now() + 40 * DAY * 60_000).toISOString();
      expect((await ticks(world, { policy: { ...policy, after }, later: 41 * DAY })).writes).toBeGreaterThan(0);
      expect(await leftovers(world)).toEqual([]);
    }));

  test('may need a pod to be provisioned at all', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = await onlyWeb(world);
      await replaceClass(world, { volumeBindingMode: 'WaitForFirstConsumer' });
      const refused = await ticks(world, { policy });
      expect(refused).toMatchObject({ writes: 0, findings: [{}, { reason: 'DrillClassUnfit' }] });
      await ticks(world, { policy: { ...policy, read: 'on' } });
      expect((await recordOf(world))['prod/web-nightly'].proved).toMatchObject({ read: true });
      expect(await leftovers(world)).toEqual([]);
    }));
});

const replaceClass = async ({ sandbox: { client } }: Drilling, fields: object) => {
  const kind = 'storage.k8s.io/v1/StorageClass';
  const { metadata, ...old } = (await client.get(kind, 'harvester-longhorn'))!;
  await client.delete(kind, 'harvester-longhorn');
  await client.create({ ...old, ...fields, metadata: { name: metadata.name } });
};

describe('switched off, as it is by default', () => {
  test('nothing is written, and no more read than what was proved before', () =>
    inDrillWorld('healthy', async (world) => {
      world.sandbox.api.clearRequests();
      const { findings, writes } = await tick(world, { policy: { drills: undefined } });
      expect({ writes, reasons: reasonsOf(findings) }).toEqual({ writes: 0, reasons: ['DrillsOff'] });
      const calls = world.sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner'));
      expect(calls.map((r) => `${r.verb} ${r.kind}`)).toEqual(['get v1/ConfigMap']);
      expect(reasonsOf(await step(world, WEB, { policy: { drills: 'off' } }))).toEqual(['DrillsOff']);
      await ticks(world, { policy: await onlyWeb(world) });
      const later = await tick(world, { policy: { drills: 'off' } });
      expect({ writes: later.writes, reasons: reasonsOf(later.findings) }).toEqual({
        writes: 0,
        reasons: ['DrillsOff', 'DrillProved'],
      });
    }));
});

describe('a drill that fails says what failed, and cleans up', () => {
  test('when Longhorn cannot restore', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = await onlyWeb(world);
      await world.sandbox.longhorn.setRestoring('fail');
      const { findings } = await ticks(world, { policy });
      expect(findings[1]).toMatchObject({
        reason: 'DrillFailed',
        message: expect.stringContaining('All replica restore failed'),
      });
      expect(await eventsIn(world)).toEqual(['Warning DrillFailed web-nightly']);
      expect(await leftovers(world)).toEqual([]);
      expect(world.sandbox.store.losses).toEqual([]);
      // Not tried at every sweep, and not for ever held against it.
      await world.sandbox.longhorn.setRestoring('work');
      expect((await tick(world, { policy, later: 60 })).writes).toBe(0);
      const again = await ticks(world, { policy, later: 25 * 60 });
      expect(again.findings[1]).toMatchObject({ reason: 'DrillProved' });
    }));

  test('when it takes too long, with what it waited for', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = { ...(await onlyWeb(world)), timeoutMinutes: 60 };
      await world.sandbox.longhorn.setRestoring('hang');
      await tick(world, { policy });
      await world.sandbox.settle();
      expect((await tick(world, { policy, later: 59 })).findings[1]).toMatchObject({ reason: 'DrillRunning' });
      const { findings } = await ticks(world, { policy, later: 61 });
      expect(findings[1]).toMatchObject({
        reason: 'DrillFailed',
        message: expect.stringMatching(/it timed out; still waiting: volume disk-0: until Longhorn restores it/),
      });
      expect(await leftovers(world)).toEqual([]);
    }));

  test('when what was restored cannot be read', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = { ...(await onlyWeb(world)), read: 'on' };
      world.sandbox.setPodsEnd('fail');
      expect((await ticks(world, { policy })).findings[1]).toMatchObject({
        reason: 'DrillFailed',
        message: expect.stringContaining('cannot be read: dd: /drill: Input/output error'),
      });
      expect(await leftovers(world)).toEqual([]);
    }));

  test('when the provisioner never gets to it', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = await onlyWeb(world);
      await tick(world, { policy, killAfter: 3 }).catch(() => undefined);
      for (const { metadata } of await world.sandbox.client.list(BACKUP_VOLUME)) {
        const spec = { volumeName: 'another' };
        await world.sandbox.client.mergePatch(BACKUP_VOLUME, metadata.name, metadata.namespace, { spec });
      }
      await tick(world, { policy });
      await world.sandbox.settle();
      const { findings } = await ticks(world, { policy, later: 300 });
      expect(findings[1]).toMatchObject({
        reason: 'DrillFailed',
        message: expect.stringContaining('until its claim is provisioned'),
      });
      expect(await leftovers(world)).toEqual([]);
    }));
});

describe('nothing is made where it cannot work', () => {
  const patchTarget = ({ sandbox: { longhorn } }: Drilling) => longhorn.setTargetAvailable(false);
  const rows: [string, (world: Drilling) => Promise<unknown>, string, Record<string, unknown>?][] = [
    ['the target is away', patchTarget, 'TargetUnavailable'],
    [
      'the backup is gone',
      ({ sandbox: { client } }) =>
        backupOfWeb(client).then((b) =>
          client.mergePatch(BACKUP, b, 'longhorn-system', { status: { state: 'Error' } }, 'status'),
        ),
      'BackupFailed',
    ],
    [
      'the time of its data is not known yet',
      ({ sandbox: { client } }) =>
        backupOfWeb(client).then((b) =>
          client.mergePatch(BACKUP, b, 'longhorn-system', { status: { snapshotCreatedAt: '' } }, 'status'),
        ),
      'BackupNotSynced',
    ],
    [
      'the StorageClass is missing',
      ({ sandbox: { client } }) => client.delete('storage.k8s.io/v1/StorageClass', 'harvester-longhorn'),
      'DrillClassUnfit',
    ],
    ['the StorageClass keeps volumes', (world) => replaceClass(world, { reclaimPolicy: 'Retain' }), 'DrillClassUnfit'],
    ['the quota is used up', ({ sandbox: { client } }) => withQuota(client), 'DrillNoRoom'],
    ['it is too large', () => Promise.resolve(), 'DrillTooLarge', { maxSizeGib: 5 }],
    ['there is no such namespace', () => Promise.resolve(), 'DrillNamespaceUnfit', { namespace: 'elsewhere' }],
  ];
  test.each(rows)('%s', (_why, change, reason, more = {}) =>
    inDrillWorld('healthy', async (world) => {
      const policy = { ...(await onlyWeb(world)), ...more };
      await change(world);
      await world.sandbox.settle();
      const { client } = reason === 'DrillNamespaceUnfit' ? world : { client: world.account };
      world.sandbox.api.clearRequests();
      const { findings } = await ticks({ ...world, account: client }, { policy });
      expect(findings.filter((f) => f.subject.kind === 'VirtualMachineBackup').map((f) => f.reason)).toEqual([reason]);
      expect(findings.filter(needsAttention)).toHaveLength(1);
      expect(writesOf(world)).toEqual([]);
    }),
  );

  test('a real restore goes first', () =>
    inDrillWorld('restore-hanging', async (world) => {
      expect((await tick(world)).findings.at(-1)).toMatchObject({ reason: 'DrillWaits' });
      expect(writesOf(world)).toEqual([]);
    }));

  const backupOfWeb = async (client: Drilling['sandbox']['client']): Promise<string> =>
    (await client.get(VMBACKUP, 'web-nightly', 'prod'))!['status'].volumeBackups[0].longhornBackupName;
  const withQuota = async (client: Drilling['sandbox']['client']) => {
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'small', namespace: NAMESPACE } };
    await client.create({ ...quota, spec: { hard: { 'requests.storage': '15Gi' } } });
    const status = { hard: { 'requests.storage': '15Gi' }, used: { 'requests.storage': '6Gi' } };
    await client.mergePatch('v1/ResourceQuota', 'small', NAMESPACE, { status }, 'status');
  };
});

describe('nobody’s backup and nobody’s claim is lost', () => {
  test('the claim that Longhorn noted with the backup stays, though Longhorn would take it along', () =>
    inDrillWorld('healthy', async (world) => {
      const { client } = world.sandbox;
      const policy = await onlyWeb(world);
      for (const { metadata, ...vmBackup } of await client.list(VMBACKUP)) {
        for (const { longhornBackupName, persistentVolumeClaim } of vmBackup['status'].volumeBackups) {
          const pvcName = persistentVolumeClaim.metadata.name;
          const labels = {
            KubernetesStatus: JSON.stringify({ pvcName, namespace: metadata.namespace, lastPVCRefAt: '' }),
          };
          await client.mergePatch(BACKUP, longhornBackupName, 'longhorn-system', { status: { labels } }, 'status');
        }
      }
      const claims = (await client.list(CLAIM)).length;
      expect(claims).toBeGreaterThan(0);
      await ticks(world, { policy });
      expect(await leftovers(world)).toEqual([]);
      expect(await client.list(CLAIM)).toHaveLength(claims);
    }));

  test('a claim is not deleted while Longhorn’s volume takes another for its own', () =>
    inDrillWorld('healthy', async (world) => {
      const { client } = world.sandbox;
      const policy = await onlyWeb(world);
      await tick(world, { policy });
      await world.sandbox.settle();
      const [claim] = await marked(world, CLAIM);
      const volume = claim!['spec'].volumeName;
      const held = (pvcName: string, namespace: string) =>
        client.mergePatch(
          'longhorn.io/v1beta2/Volume',
          volume,
          'longhorn-system',
          { status: { kubernetesStatus: { pvcName, namespace } } },
          'status',
        );
      await held('web-root', 'prod');
      await tick(world, { policy });
      await expect(tick(world, { policy })).rejects.toThrow('takes claim prod/web-root for its own');
      expect(await marked(world, CLAIM)).toHaveLength(1);
      await held(claim!.metadata.name, NAMESPACE);
      await ticks(world, { policy });
      expect(await leftovers(world)).toEqual([]);
    }));

  test('a content that somebody put on Delete is put on Retain before anything goes', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = await onlyWeb(world);
      await tick(world, { policy });
      await world.sandbox.settle();
      const [content] = await marked(world, CONTENT);
      await world.sandbox.client.mergePatch(CONTENT, content!.metadata.name, undefined, {
        spec: { deletionPolicy: 'Delete' },
      });
      await ticks(world, { policy });
      expect(await leftovers(world)).toEqual([]);
      expect(world.sandbox.store.losses).toEqual([]);
    }));

  test('what does not bear the mark stays, whatever its name', () =>
    inDrillWorld('healthy', async (world) => {
      const { client } = world.sandbox;
      const claim = (name: string) => ({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace: NAMESPACE },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          storageClassName: 'harvester-longhorn',
        },
      });
      await client.create(claim('drill-by-hand'));
      await ticks(world);
      await ticks(world, { policy: { drills: 'clean' } });
      expect(await client.get(CLAIM, 'drill-by-hand', NAMESPACE)).toBeDefined();
    }));

  test('a VMBackup that is deleted meanwhile takes the drill with it, and only its own backup', () =>
    inDrillWorld('healthy', async (world) => {
      const { client, store } = world.sandbox;
      const policy = await onlyWeb(world);
      const backups = (await client.get(VMBACKUP, 'web-nightly', 'prod'))!['status'].volumeBackups.map(
        (v: any) => v.longhornBackupName,
      );
      await world.sandbox.longhorn.setRestoring('hang');
      await tick(world, { policy });
      await world.sandbox.settle();
      await client.delete(VMBACKUP, 'web-nightly', 'prod');
      await world.sandbox.settle();
      await ticks(world, { policy });
      expect(await leftovers(world)).toEqual([]);
      expect(store.losses.map((loss) => loss.backup)).toEqual(backups);
      expect(await recordOf(world)).toEqual({});
    }));
});

describe('while a drill is under way', () => {
  test('no other function touches or accuses its objects; left behind, they are named', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = await onlyWeb(world);
      await world.sandbox.longhorn.setRestoring('hang');
      await tick(world, { policy });
      await world.sandbox.settle();
      world.sandbox.api.clearRequests();
      const { findings } = await sweepAll(world, { functions });
      expect(findings.filter(needsAttention)).toEqual([]);
      expect(writesOf(world)).toEqual([]);

      const audit = async (later: number) => {
        const found = [];
        const nowMs = () => Date.now() + later * 60_000;
        const configOf = () => verifyBackup.config.parse({});
        for await (const swept of sweep({ functions: [verifyBackup], reader: world.client.reader, configOf, nowMs })) {
          found.push(...findingsOf(swept));
        }
        return found.filter(needsAttention).map(({ reason, subject }) => `${reason} ${subject.kind}`);
      };
      expect(await audit(0)).toEqual([]);
      expect(await audit(5 * 60)).toEqual(['DrillLeftover VolumeSnapshotContent', 'DrillLeftover VolumeSnapshot']);
      await ticks(world, { policy: { drills: 'clean' } });
      expect(await leftovers(world)).toEqual([]);
      expect(await audit(5 * 60)).toEqual([]);
      expect(await recordOf(world)).toEqual({});
    }));

  test('a lost record costs the result, and what was made is still removed', () =>
    inDrillWorld('healthy', async (world) => {
      const policy = await onlyWeb(world);
      await tick(world, { policy });
      await world.sandbox.client.delete('v1/ConfigMap', 'gleaner-drills', NAMESPACE);
      await world.sandbox.settle();
      await ticks(world, { policy });
      expect(await leftovers(world)).toEqual([]);
      expect((await recordOf(world))['prod/web-nightly'].proved).toBeDefined();
    }));
});

describe('delivered twice, or at the same time', () => {
  test('of two that begin in the same moment one waits for its turn', () =>
    inDrillWorld('healthy', async (world) => {
      const DB = { ...WEB, name: 'db-nightly' };
      const found = await Promise.all([step(world, WEB), step(world, DB), step(world, WEB), step(world, DB)]);
      const running = Object.values(await recordOf(world)).filter((entry) => entry.run);
      expect(running).toHaveLength(1);
      const waiting = found.flat().filter(({ reason }) => reason === 'DrillWaits');
      expect(new Set(waiting.map(({ subject }) => `prod/${subject.name}`)).has(running[0]!.vmBackup)).toBe(false);
      expect(waiting.length).toBeGreaterThan(0);
      await world.sandbox.settle();
      await ticks(world);
      expect(await leftovers(world)).toEqual([]);
    }));

  test('never more drills than are allowed', () =>
    inDrillWorld('several-vms', async (world) => {
      let most = 0;
      world.sandbox.client.watch('v1/ConfigMap', ({ object }) => {
        const running = Object.values<string>(object['data'] ?? {}).filter((text) => JSON.parse(text).run);
        most = Math.max(most, running.length);
      });
      for (let round = 0; round < 40; round++) {
        const both = await Promise.allSettled([tick(world), tick(world), tick(world)]);
        await world.sandbox.settle();
        if (both.every((one) => one.status === 'fulfilled' && one.value.writes === 0)) break;
      }
      expect(most).toBe(1);
      expect(await leftovers(world)).toEqual([]);
      const proved = Object.values(await recordOf(world));
      expect(proved.length).toBeGreaterThan(1);
      for (const entry of proved) expect(entry).toMatchObject({ proved: {} });
      // One Event for each drill, however often it was told.
      expect(await eventsIn(world)).toHaveLength(proved.length);
    }));
});
