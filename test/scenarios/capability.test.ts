import { describe, expect, jest, test } from '@jest/globals';
import checkCapability from '../../functions/check-capability/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { SandboxOptions } from '../../sandbox/index.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import { createCluster } from '../../shared/runtime/cluster.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import {
  config,
  fast,
  LONGHORN,
  LVM,
  lvmClass,
  lvmDriver,
  lvmSnapshotter,
  withLvm,
} from '../shared/capability/world.ts';
import { deploy } from './eventing.ts';
import type { World } from './world.ts';
import { inWorld, Killed, mortal, writesOf } from './world.ts';

// Ten thousand events, perhaps on a busy machine.
jest.setTimeout(120_000);

/** check-capability on a cluster that changes: the annotations follow, and nothing else is touched. */

const SC = 'storage.k8s.io/v1/StorageClass';
const in_ = <T>(act: (world: World) => Promise<T>, options: SandboxOptions = {}) =>
  inWorld({ scenario: 'empty', harvester: '1.8', ...options }, act);

async function check({ client }: World, { annotate = 'on', killAfter = Infinity } = {}): Promise<string[]> {
  const { reader, writer } = mortal(client, killAfter);
  const open: string[] = [];
  const configOf = () => checkCapability.config.parse({ annotate });
  for await (const swept of sweep({
    functions: [checkCapability],
    reader,
    applier: createApplier(reader, writer),
    configOf,
  })) {
    if (swept.kind === 'failure') throw swept.error;
    open.push(
      ...findingsOf(swept)
        .filter(needsAttention)
        .map(({ reason }) => reason),
    );
  }
  return open;
}

async function notesOn({ sandbox }: World, name: string): Promise<Record<string, string>> {
  const annotations: Record<string, string> = (await sandbox.client.get(SC, name))?.metadata.annotations ?? {};
  return Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => key.startsWith('gleaner.dev/'))
      .map(([key, value]) => [key.slice('gleaner.dev/'.length), value]),
  );
}
const events = ({ sandbox }: World) => sandbox.client.list('events.k8s.io/v1/Event');
const create = async ({ sandbox: { client } }: World, ...objects: KubeObject[]) => {
  for (const { metadata, status, ...object } of objects) {
    const { uid: _another, ...rest } = metadata;
    const made = await client.create({ ...object, metadata: rest });
    if (status !== undefined) await client.updateStatus({ ...made, status });
  }
};
const setConfig = ({ sandbox }: World, setting: KubeObject) =>
  sandbox.client.mergePatch('harvesterhci.io/v1beta1/Setting', 'csi-driver-config', undefined, {
    value: setting['value'],
  });

describe('annotations converge', () => {
  test('on Harvester as it is installed, and a second run writes nothing', () =>
    in_(async (world) => {
      expect(await check(world)).toEqual([]);
      expect(await notesOn(world, 'harvester-longhorn')).toEqual({
        'can-snapshot': 'yes, SnapshotterRuns',
        'can-backup': 'yes, LonghornBacksUp',
        'can-restore-elsewhere': 'yes, RestoresFromTarget',
        'can-clone': 'yes, LonghornClones',
        'allows-snapshot': 'yes, Allowed',
        'allows-backup': 'yes, Allowed',
        'allows-restore-elsewhere': 'yes, Allowed',
        'allows-clone': 'yes, NotRestricted',
      });
      expect(writesOf(world)).toEqual(['patch storage.k8s.io/v1/StorageClass /harvester-longhorn']);
      world.sandbox.api.clearRequests();
      await check(world);
      expect(writesOf(world)).toEqual([]);
      const kept = await world.sandbox.client.get(SC, 'harvester-longhorn');
      expect(kept?.metadata.annotations).toMatchObject({ 'storageclass.kubernetes.io/is-default-class': 'true' });
    }));

  test('while a driver is installed step by step, and taken away again', () =>
    in_(async (world) => {
      const { client } = world.sandbox;
      const said: string[] = [];
      const look = async () => {
        await check(world);
        const { 'can-snapshot': can, 'allows-snapshot': allows } = await notesOn(world, 'lvm-fast');
        said.push(`${can} / ${allows}`);
      };
      await create(world, fast);
      await look();
      await create(world, lvmDriver);
      await look();
      await create(world, lvmSnapshotter);
      await look();
      await create(world, lvmClass);
      await look();
      await setConfig(world, withLvm());
      await look();
      await client.delete('snapshot.storage.k8s.io/v1/VolumeSnapshotClass', 'lvm-snapshot');
      await look();
      await client.delete('storage.k8s.io/v1/CSIDriver', LVM);
      await client.delete('apps/v1/Deployment', 'csi-snapshotter', 'harvester-system');
      await look();
      expect(said).toEqual([
        'no, DriverNotInstalled / no, DriverNotConfigured',
        'no, SnapshotterMissing / no, DriverNotConfigured',
        'no, NoSnapshotClass / no, DriverNotConfigured',
        'yes, SnapshotterRuns / no, DriverNotConfigured',
        'yes, SnapshotterRuns / yes, Allowed',
        'no, NoSnapshotClass / no, ClassMissing',
        'no, DriverNotInstalled / no, ClassMissing',
      ]);
      await client.delete(SC, 'lvm-fast');
      world.sandbox.api.clearRequests();
      await check(world);
      expect(writesOf(world)).toEqual([]);
    }));
});

test(
  'many classes, as Harvester makes one for each image, cost a sweep a few lists, with the rights of the manifest',
  () =>
    in_(async (world) => {
      const images = Array.from({ length: 60 }, (_, i) => make.storageClass(`longhorn-image-${i}`, LONGHORN));
      await create(world, ...images);
      await check(world);
      world.sandbox.api.clearRequests();
      await check(world);
      const calls = world.sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner'));
      expect(calls.length).toBeLessThan(20);
      expect(writesOf(world)).toEqual([]);

      const { eventing, stop, log } = await deploy(world.sandbox);
      try {
        world.sandbox.api.clearRequests();
        await world.sandbox.client.mergePatch('harvesterhci.io/v1beta1/Setting', 'csi-driver-config', undefined, {
          metadata: { labels: { touched: 'yes' } },
        });
        await eventing.settle();
        await eventing.ping();
        await eventing.settle();
        const own = world.sandbox.api.requests().filter((r) => r.user.endsWith(':check-capability'));
        expect(own.filter(({ verb }) => !['get', 'list'].includes(verb))).toEqual([]);
        expect(own.filter(({ code }) => code !== 200 && code !== 404)).toEqual([]);
        expect(own.length).toBeLessThan(80);
        expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
      } finally {
        await stop();
      }
    }),
  60_000,
);

describe('what changes is told', () => {
  test('once, in an Event on the class, also when the process dies right after it', () =>
    in_(async (world) => {
      await check(world);
      expect(await events(world)).toEqual([]);
      await world.sandbox.client.delete('snapshot.storage.k8s.io/v1/VolumeSnapshotClass', 'longhorn');
      await expect(check(world, { killAfter: 1 })).rejects.toThrow(Killed);
      await check(world);
      await check(world);
      const told = (await events(world)).filter((e) => e['reason'] === 'CapabilityChanged');
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({
        metadata: { namespace: 'default' },
        regarding: { kind: 'StorageClass', name: 'harvester-longhorn' },
        type: 'Normal',
      });
      expect(told[0]?.['note']).toContain('can backup: yes → no, NoBackupClass');
      expect((await notesOn(world, 'harvester-longhorn'))['allows-backup']).toBe('no, ClassMissing');
    }));

  test('a broken list of drivers has a report with the value to paste, and pasting it mends it', () =>
    in_(async (world) => {
      await setConfig(world, config('{"driver.longhorn.io": oops'));
      expect(await check(world)).toEqual(['ConfigInvalid']);
      const reports = () => world.sandbox.client.list('wgpolicyk8s.io/v1alpha2/ClusterPolicyReport');
      const [report] = await reports();
      expect(report).toMatchObject({
        scope: { kind: 'Setting', name: 'csi-driver-config' },
        summary: { fail: 1, pass: 0 },
        metadata: { ownerReferences: [{ kind: 'Setting', name: 'csi-driver-config' }] },
      });
      expect(JSON.stringify(report)).not.toContain('oops');
      world.sandbox.api.clearRequests();
      await check(world);
      expect(writesOf(world)).toEqual([]);

      const [, patch = ''] = /-p '([^']+)'$/.exec(report?.['results'][0].properties.command) ?? [];
      await world.sandbox.client.mergePatch(
        'harvesterhci.io/v1beta1/Setting',
        'csi-driver-config',
        undefined,
        JSON.parse(patch) as object,
      );
      expect(await check(world)).toEqual([]);
      expect((await reports())[0]?.['summary']).toMatchObject({ fail: 0, pass: 1 });
    }));

  test('a cluster without CRDs for reports has the Event alone', () =>
    in_(
      async (world) => {
        await setConfig(world, config('{'));
        await check(world);
        expect((await events(world)).map((e) => [e['reason'], e['type']])).toEqual([['ConfigInvalid', 'Warning']]);
        world.sandbox.api.clearRequests();
        await check(world);
        expect(writesOf(world)).toEqual([]);
      },
      { withoutGroups: ['wgpolicyk8s.io', 'openreports.io'] },
    ));
});

describe('what is not ours', () => {
  test('stays on a class when ours is taken away, and everything else of the class too', () =>
    in_(async (world) => {
      const before = await world.sandbox.client.get(SC, 'harvester-longhorn');
      await check(world);
      await check(world, { annotate: 'off' });
      const { metadata, ...rest } = (await world.sandbox.client.get(SC, 'harvester-longhorn'))!;
      const { metadata: old, ...same } = before!;
      expect(rest).toEqual(same);
      expect(metadata.annotations).toEqual(old.annotations);
    }));

  test('is written around: whoever edits the class in between keeps the edit', () =>
    in_(async (world) => {
      const { reader, writer } = world.client;
      let edits = 0;
      const racing = {
        ...writer,
        patch: async (...args: Parameters<typeof writer.patch>) => {
          if (args[0] === 'StorageClass' && edits++ === 0) {
            await world.sandbox.client.mergePatch(SC, 'harvester-longhorn', undefined, {
              metadata: { annotations: { 'example.com/theirs': 'kept' } },
            });
          }
          return writer.patch(...args);
        },
      } as typeof writer;
      const options = { functions: [checkCapability], reader, configOf: () => checkCapability.config.parse({}) };
      for await (const swept of sweep({ ...options, applier: createApplier(reader, racing) })) {
        if (swept.kind === 'failure') throw swept.error;
      }
      const { metadata } = (await world.sandbox.client.get(SC, 'harvester-longhorn'))!;
      expect(metadata.annotations).toMatchObject({
        'example.com/theirs': 'kept',
        'gleaner.dev/can-backup': 'yes, LonghornBacksUp',
      });
      expect(edits).toBe(2);
    }));
});

describe('a storm of ten thousand claims', () => {
  const claimEvent = (index: number, clone: boolean) => ({
    specversion: '1.0',
    id: String(index),
    source: 'test',
    type: 'dev.knative.apiserver.resource.update',
    kind: 'PersistentVolumeClaim',
    apiversion: 'v1',
    name: `data-${index}`,
    namespace: 'prod',
    data: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: `data-${index}`, namespace: 'prod', uid: `u-${index}`, resourceVersion: '1' },
      spec: {
        storageClassName: 'lvm-fast',
        ...(clone && { dataSource: { kind: 'PersistentVolumeClaim', name: 'data' } }),
      },
      status: { phase: 'Bound' },
    },
  });

  test.each([
    ['that say nothing makes no call', false, 0],
    ['that are clones is one write: the one answer that changes', true, 1],
  ])('%s', (_what, clone, writes) =>
    in_(async (world) => {
      await create(world, fast, lvmDriver, lvmSnapshotter, lvmClass);
      await create(
        world,
        make.claim('copy', 'prod', (o) => {
          o['spec'].storageClassName = 'lvm-fast';
          o['spec'].dataSource = { kind: 'PersistentVolumeClaim', name: 'data' };
          o['status'] = { phase: 'Bound' };
        }),
      );
      if (!clone) await world.sandbox.client.delete('v1/PersistentVolumeClaim', 'copy', 'prod');
      await check(world);
      if (clone) {
        // As it was before the first clone.
        const path = '/metadata/annotations/gleaner.dev~1can-clone';
        await world.sandbox.client.jsonPatch(SC, 'lvm-fast', undefined, [
          { op: 'replace', path, value: 'unknown, CloneNotSeen' },
        ]);
      }
      world.sandbox.api.clearRequests();
      const configs = new Map([[checkCapability.name, checkCapability.config.parse({})]]);
      const cluster = createCluster({ mode: 'apply', configs }, () => Promise.resolve(world.client));
      const host = {
        session: (fn: typeof checkCapability) => cluster.session(fn),
        async *sweep() {},
        log: createLog({ level: 'silent', write: () => undefined }),
      };
      for (let start = 0; start < 10_000; start += 100) {
        const batch = Array.from({ length: 100 }, (_, i) =>
          handleEvent(checkCapability, claimEvent(start + i, clone), host),
        );
        for (const { statusCode } of await Promise.all(batch)) expect(statusCode).toBeLessThan(300);
      }
      const calls = world.sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner'));
      expect(writesOf(world).filter((w) => w.startsWith(`patch ${SC}`))).toHaveLength(writes);
      if (clone) expect((await notesOn(world, 'lvm-fast'))['can-clone']).toBe('yes, CloneSeen');
      else expect(calls).toEqual([]);
      // Events about one class are looked at together: of a hundred at once the first and all the others, and once more
      // for the write. How many looks it takes is a matter of who is quicker; more than that it never is.
      const looks = calls.filter((r) => r.verb === 'get' && r.kind === SC).length;
      expect(looks).toBeLessThanOrEqual(2 * 100 + 1);
      expect(calls.length).toBeLessThanOrEqual(10 * (looks + 1));
      expect(writesOf(world).filter((w) => !/StorageClass|Event/.test(w))).toEqual([]);
    }),
  );
});

test(
  'by events alone, with the rights of its manifest: a driver is installed later, and its class follows',
  () =>
    in_(async (world) => {
      const { eventing, stop, log } = await deploy(world.sandbox);
      try {
        await create(world, fast);
        await eventing.settle();
        expect((await notesOn(world, 'lvm-fast'))['can-snapshot']).toBe('no, DriverNotInstalled');
        await create(world, lvmSnapshotter);
        await create(world, lvmDriver, lvmClass);
        await setConfig(world, withLvm());
        await eventing.settle();
        const notes = await notesOn(world, 'lvm-fast');
        expect([notes['can-snapshot'], notes['allows-snapshot']]).toEqual(['yes, SnapshotterRuns', 'yes, Allowed']);
        await world.sandbox.client.delete('snapshot.storage.k8s.io/v1/VolumeSnapshotClass', 'lvm-snapshot');
        await eventing.settle();
        expect((await notesOn(world, 'lvm-fast'))['allows-snapshot']).toBe('no, ClassMissing');
        world.sandbox.api.clearRequests();
        await eventing.ping();
        await eventing.settle();
        expect(world.sandbox.api.requests().filter((r) => r.verb === 'patch' || r.verb === 'create')).toEqual([]);
        expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
        const everything = JSON.stringify([eventing.broker.recorded, eventing.broker.deliveries, log]);
        for (const secret of make.secretMarkers) expect(everything).not.toContain(secret);
      } finally {
        await stop();
      }
    }),
  60_000,
);
