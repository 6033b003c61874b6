import { afterEach, describe, expect, test } from '@jest/globals';
import * as make from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

let world: World;
afterEach(() => world?.stop());
const json = async (...argv: string[]) => {
  const { code, out } = await world.run(...argv, '-o', 'json');
  return { code, document: JSON.parse(out) };
};
const pairs = (document: any) =>
  Object.fromEntries(
    document.capabilities.map(({ subject, can, allows }: any) => [
      subject.name,
      ['snapshot', 'backup', 'restoreElsewhere', 'clone'].map((a) => `${can[a].answer}/${allows[a].answer}`).join(' '),
    ]),
  );
const SC = 'storage.k8s.io/v1/StorageClass';

describe('gleaner capability', () => {
  test('says of every StorageClass what it can and what this Harvester allows, and writes nothing', async () => {
    world = await startWorld({ scenario: 'mixed-storage' });
    const { code, document } = await json('capability');
    expect(code).toBe(1);
    expect(document).toMatchObject({ kind: 'Capabilities', harvester: 'v1.5' });
    expect(pairs(document)).toEqual({
      'harvester-longhorn': 'yes/yes yes/yes yes/yes yes/yes',
      'longhorn-v2': 'yes/no yes/no yes/no unknown/yes',
      'lvm-fast': 'yes/yes no/no no/no unknown/yes',
      'nfs-share': 'no/no no/no no/no unknown/yes',
    });
    expect(document.faults).toMatchObject([
      {
        reason: 'ConfigClassOfOtherDriver',
        driver: 'nfs.csi.example.com',
        cure: expect.stringMatching(/^kubectl patch /),
      },
    ]);
    const { out } = await world.run('capability');
    expect(out).toMatch(/^OBJECT +SNAPSHOT +BACKUP +RESTORE-ELSEWHERE +CLONE +DRIVER\n/);
    expect(out).toMatch(/\nsc\/lvm-fast +yes \/ yes +no \/ no /);
    expect(out).toContain('\n\nHarvester v1.5.\n');
    expect(out).toMatch(/\n {2}\$ kubectl patch settings\.harvesterhci\.io csi-driver-config /);
    expect(world.writes()).toBe(0);
  });

  test('of VMs: a VM is refused whole, and the wide table says why', async () => {
    world = await startWorld({ scenario: 'mixed-storage' });
    const { document } = await json('capability', 'vm');
    expect(pairs(document)).toEqual({
      erp: 'yes/yes no/no no/no unknown/yes',
      lab: 'yes/no yes/no yes/no unknown/yes',
      web: 'yes/yes yes/yes yes/yes yes/yes',
    });
    const { out } = await world.run('capability', 'vms', '-n', 'prod', '-o', 'wide');
    expect(out).toMatch(/\nprod +vm\/erp .*no OnlyLonghorn \/ no ThirdPartyRefused/);
    expect((await world.run('capability', 'vm', '-o', 'name')).out).toBe(
      'virtualmachine.kubevirt.io/erp\nvirtualmachine.kubevirt.io/lab\nvirtualmachine.kubevirt.io/web\n',
    );
    expect((await json('capability', 'vm', '-n', 'finance')).document.capabilities).toEqual([]);
  });

  test('of one object: every answer with its reason, and what helps', async () => {
    world = await startWorld({ scenario: 'mixed-storage' });
    const { out } = await world.run('capability', 'vm/erp', '-n', 'prod');
    expect(out).toMatch(
      /backup +Harvester +no +ThirdPartyRefused +volume disk-1 \(erp-scratch\): Harvester 1\.5 to 1\.6/,
    );
    expect(out).toMatch(/\nSuggested actions\n\n {2}.*inside the VM/);
    const { document } = await json('capability', 'pvc/lab-root', '-n', 'prod');
    expect(document.capabilities).toMatchObject([{ facts: { engine: 'v2', storageClass: 'longhorn-v2' } }]);
    expect((await world.run('capability', 'sc/longhorn-v2')).out).toContain('EngineRefused');
  });

  test('of a cluster where all is well answers 0', async () => {
    world = await startWorld({ scenario: 'healthy' });
    expect(await world.run('capability')).toMatchObject({ code: 0, err: '' });
  });

  test('--clear takes off what is ours, and nothing else; --dry-run only asks', async () => {
    world = await startWorld({ scenario: 'healthy' });
    const { client } = world.sandbox;
    const before = (await client.get(SC, 'harvester-longhorn'))!.metadata.annotations;
    expect((await world.run('capability', '--clear')).out).toBe('No StorageClass has Gleaner’s annotations.\n');
    await client.mergePatch(SC, 'harvester-longhorn', undefined, {
      metadata: {
        annotations: { 'gleaner.dev/can-snapshot': 'yes, SnapshotterRuns', 'gleaner.dev/allows-clone': 'x' },
      },
    });
    world.sandbox.api.clearRequests();
    expect((await world.run('capability', '--clear', '--dry-run')).out).toContain('annotations would be removed');
    expect(world.writes()).toBe(0);
    const { code, out } = await world.run('capability', '--clear');
    expect([code, world.writes()]).toEqual([0, 1]);
    expect(out).toContain('GLEANER_CHECK_CAPABILITY_ANNOTATE=off');
    expect((await client.get(SC, 'harvester-longhorn'))!.metadata.annotations).toEqual(before);
  });

  test('what is asked wrongly is said in one sentence', async () => {
    for (const argv of [['pod'], ['sc/'], ['sc', 'vm'], ['--clear', 'sc'], ['--dry-run']]) {
      const { code, out, err } = await gleaner(['capability', ...argv]);
      expect({ argv, code, out }).toEqual({ argv, code: 2, out: '' });
      expect(err).toMatch(/^gleaner: .+\n/);
    }
    world = await startWorld({ scenario: 'empty' });
    expect((await world.run('capability', 'vm/none', '-n', 'prod')).err).toContain(
      'VirtualMachine prod/none does not exist',
    );
  });

  test('who may read little learns what could not be read', async () => {
    world = await startWorld({ scenario: 'healthy' });
    const { client } = world.sandbox;
    await client.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'little' },
      rules: [{ apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list'] }],
    });
    await client.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'little' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'little' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
    });
    const kubeconfig = await world.file(
      'jane',
      world.sandbox.api.kubeconfig({ token: world.sandbox.api.tokenFor('jane') }),
    );
    const { code, out } = await gleaner(['capability', '-o', 'json', '--kubeconfig', kubeconfig]);
    const [{ can, allows }] = JSON.parse(out).capabilities;
    expect([code, can.snapshot.reason, allows.snapshot.reason]).toEqual([0, 'NotVisible', 'NotVisible']);
    expect(can.snapshot.message).toMatch(
      /the right to list volumesnapshotclasses\.snapshot\.storage\.k8s\.io is missing/,
    );
  });
});

describe('gleaner advise', () => {
  const results = (document: any) => Object.fromEntries(document.advice.map((a: any) => [a.name, a.result]));

  test('names what is not kept, with evidence and a command, and writes nothing', async () => {
    world = await startWorld({ scenario: 'mixed-storage' });
    world.sandbox.seed([
      make.object(
        'snapshot.storage.k8s.io/v1',
        'VolumeSnapshot',
        {
          name: 'by-hand',
          namespace: 'prod',
          ownerReferences: [
            {
              apiVersion: 'v1',
              kind: 'PersistentVolumeClaim',
              name: 'erp-root',
              uid: make.uidFor('PersistentVolumeClaim', 'erp-root', 'prod'),
            },
          ],
        },
        { spec: { source: { persistentVolumeClaimName: 'erp-root' } } },
      ),
    ]);
    const { code, document } = await json('advise');
    expect(code).toBe(1);
    expect(results(document)).toEqual({
      'handles-checked-regularly': 'advised',
      'chain-verified-before-restore': 'kept',
      'refresh-interval': 'advised',
      'snapshot-class-configured': 'advised',
      'vm-level-snapshots': 'advised',
      'sync-first': 'advised',
    });
    for (const { why, evidence, command } of document.advice) {
      expect([why, evidence]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/./)]);
      expect(command ?? 'kept').toMatch(/./);
    }
    const { out } = await world.run('advise');
    expect(out).toMatch(/sync-first +advised +of 2 running VMs, 1 have no agent connected: prod\/erp/);
    expect(out).toMatch(/vm-level-snapshots +advised +1 of them, such as prod\/by-hand of VM prod\/erp/);
    for (const secret of make.secretMarkers) expect(out + JSON.stringify(document)).not.toContain(secret);
    expect(world.writes()).toBe(0);
  });

  test('keeps still where all is kept', async () => {
    world = await startWorld({ scenario: 'healthy' });
    const { client } = world.sandbox;
    await client.create(
      make.object(
        'sources.knative.dev/v1',
        'PingSource',
        { name: 'gleaner-sweep', namespace: 'prod', labels: { 'app.kubernetes.io/part-of': 'gleaner' } },
        { spec: { schedule: '*/10 * * * *' } },
      ),
    );
    const setting = await client.get('harvesterhci.io/v1beta1/Setting', 'backup-target');
    const value = JSON.stringify({ ...JSON.parse(setting!['value']), refreshIntervalInSeconds: 300 });
    world.sandbox.seed([{ ...setting!, value }]);
    const { code, document } = await json('advise');
    expect(results(document)).toEqual({
      'handles-checked-regularly': 'kept',
      'chain-verified-before-restore': 'kept',
      'refresh-interval': 'kept',
      'snapshot-class-configured': 'kept',
      'vm-level-snapshots': 'kept',
      'sync-first': 'kept',
    });
    expect(code).toBe(0);
  });

  test.each([
    ['a cron job that scans', ['gleaner', 'scan'], false, 'kept'],
    ['one that is suspended', ['gleaner', 'scan'], true, 'advised'],
    ['one that does something else', ['date'], false, 'advised'],
  ])('%s: whether handles are checked regularly', async (_what, command, suspend, result) => {
    world = await startWorld({ scenario: 'healthy' });
    const template = { spec: { containers: [{ name: 'job', image: 'registry.example.org/tools', command }] } };
    await world.sandbox.client.create(
      make.object(
        'batch/v1',
        'CronJob',
        { name: 'nightly', namespace: 'prod' },
        { spec: { schedule: '0 3 * * *', suspend, jobTemplate: { spec: { template } } } },
      ),
    );
    const { document } = await json('advise');
    const found = document.advice.find((a: any) => a.name === 'handles-checked-regularly');
    expect(found.result).toBe(result);
    if (result === 'kept') expect(found.evidence).toContain('CronJob prod/nightly (0 3 * * *)');
  });

  test('counts what of the chain is broken', async () => {
    world = await startWorld({ scenario: 'broken-links' });
    const { document } = await json('advise');
    expect(document.advice.find((a: any) => a.name === 'chain-verified-before-restore')).toMatchObject({
      result: 'advised',
      command: 'gleaner scan -o wide',
      evidence: expect.stringMatching(
        /^\d+ volumes? ha(s|ve) an intact chain; \d+ findings? reports? a broken one, the first: /,
      ),
    });
  });
});
