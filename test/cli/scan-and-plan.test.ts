import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createFirstReport } from '../../cli/scan-and-plan.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { secretMarker } from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

describe('scan and plan of several VMs', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ scenario: 'several-vms' });
  });
  afterAll(() => world.stop());

  const findings = async (...argv: string[]): Promise<any[]> =>
    JSON.parse((await world.run(...argv, '-o', 'json')).out).findings;

  test('scan shows what needs attention, sums up, and answers 1', async () => {
    const { code, out, err } = await world.run('scan');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^NAMESPACE +OBJECT +VOLUME +VERDICT +REASON +MESSAGE\n/);
    expect(out).toMatch(/\nprod +vsc\/\S+ +act +ReplacePair +the handle is bs:\/\/\S+, but backup/);
    expect(out).not.toMatch(/HandleRight +the/);
    expect(out).toMatch(/\n\n\d+ need attention \(.*ReplacePair \d+.*\); \d+ left alone \(.*HandleRight \d+.*\)\.\n$/);
  });

  test('scan -o json has the findings that the summary counts', async () => {
    const report = JSON.parse((await world.run('scan', '-o', 'json')).out);
    expect(report.kind).toBe('Scan');
    expect(report.summary.open).toBe(report.findings.length);
    expect(report.findings.find((one: any) => one.reason === 'ReplacePair')).toEqual({
      function: 'fix-handle',
      subject: { kind: 'VolumeSnapshotContent', name: expect.any(String) },
      verdict: 'act',
      command: expect.stringMatching(/^gleaner apply vsc\//),
      reason: 'ReplacePair',
      message: expect.stringContaining('the handle is bs://'),
      facts: expect.objectContaining({ handle: expect.stringMatching(/^bs:/), backup: expect.any(String) }),
      actions: expect.arrayContaining([
        expect.objectContaining({ do: 'create', text: expect.stringMatching(/^create /) }),
      ]),
    });
  });

  test('scan --all shows what is well too, as yaml the same as json', async () => {
    const json = JSON.parse((await world.run('scan', '--all', '-o', 'json')).out);
    expect(json.summary.well).toBeGreaterThan(0);
    expect(json.findings).toHaveLength(json.summary.open + json.summary.well);
    expect(parse((await world.run('scan', '--all', '-o', 'yaml')).out)).toEqual(json);
  });

  test('wide adds handle, backup and command; name gives what kubectl takes', async () => {
    expect((await world.run('scan', '-o', 'wide')).out).toMatch(/FUNCTION +HANDLE +BACKUP +COMMAND +MESSAGE\n/);
    const names = (await world.run('scan', '-o', 'name')).out;
    expect(names).toMatch(/^volumesnapshotcontent\.snapshot\.storage\.k8s\.io\/\S+$/m);
    expect(names).toMatch(/^virtualmachinebackup\.harvesterhci\.io\/\S+$/m);
  });

  test('-n takes the VMBackups of a namespace and the contents whose snapshot is in it', async () => {
    const all = await findings('scan', '--all');
    const there = await findings('scan', '--all', '-n', 'finance');
    const isThere = ({ subject, facts }: any) => (subject.namespace ?? facts?.snapshot?.split('/')[0]) === 'finance';
    expect(there.length).toBeGreaterThan(0);
    expect(there).toEqual(all.filter(isThere));
    expect(
      (await gleaner(['-n', 'finance', 'scan', '--all', '-o', 'json', '--kubeconfig', world.kubeconfig])).out,
    ).toBe((await world.run('scan', '--all', '-n', 'finance', '-o', 'json')).out);
  });

  test('a named VMBackup comes with the contents of its volumes, a content alone', async () => {
    const [first] = await findings('scan', '--function', 'relink-vmbackup');
    const { name, namespace } = first.subject;
    const about = await findings('scan', '--all', `vmbackup/${name}`, '-n', namespace);
    expect(new Set(about.map(({ subject }) => subject.kind))).toEqual(
      new Set(['VirtualMachineBackup', 'VolumeSnapshotContent']),
    );
    const ofVolumes = about.filter(({ reason }) => !reason.startsWith('Consistency'));
    for (const { facts } of ofVolumes) expect(facts.snapshot).toMatch(new RegExp(`^${namespace}/${name}-`));
    const [content] = about.filter(({ subject }) => subject.kind === 'VolumeSnapshotContent');
    const ofContent = about.filter(({ subject }) => subject.name === content.subject.name);
    expect(await findings('scan', '--all', `vsc/${content.subject.name}`)).toEqual(ofContent);
  });

  test('-l takes the VMBackups with a label and the contents of their volumes', async () => {
    const { client } = world.sandbox;
    const [labelled, ...others] = await client.list('harvesterhci.io/v1beta1/VirtualMachineBackup');
    expect(others.length).toBeGreaterThan(0);
    const { name, namespace } = labelled!.metadata;
    const labels = { metadata: { labels: { team: 'web' } } };
    await client.mergePatch('harvesterhci.io/v1beta1/VirtualMachineBackup', name, namespace, labels);
    const about = await findings('scan', '--all', '-l', 'team=web');
    expect(about).toEqual(await findings('scan', '--all', `vmbackup/${name}`, '-n', namespace!));
    expect(await findings('scan', '--all', '-l', 'team=none')).toEqual([]);
  });

  test('something named that is not there is an error', async () => {
    const { code, err } = await world.run('scan', 'vmbackup/nowhere', '-n', 'prod');
    expect({ code, err }).toEqual({ code: 2, err: 'gleaner: VirtualMachineBackup prod/nowhere does not exist\n' });
  });

  test('plan prints the steps as sentences, and the very actions as json', async () => {
    const { code, out } = await world.run('plan');
    expect(code).toBe(1);
    expect(out).toMatch(
      /^act {2}VolumeSnapshotContent \S+ {2}\(fix-handle: ReplacePair\)\n {2}the handle is .*\n {2}1\. create /m,
    );
    expect(out).toMatch(/\d+ steps now; "gleaner apply" takes these and the following ones\.\n$/);
    const plan = JSON.parse((await world.run('plan', '-o', 'json')).out);
    expect(plan.kind).toBe('Plan');
    expect(plan.findings).toEqual(await findings('scan'));
  });

  test('a policy changes the plan', async () => {
    const swapped = await findings('plan', '--procedure', 'swap', '--function', 'fix-handle');
    expect(new Set(swapped.map(({ reason }) => reason))).toEqual(new Set(['SwapContent']));
    expect(await findings('plan', '--policy', 'fix-handle.procedure=swap', '--function', 'fix-handle')).toEqual(
      swapped,
    );
  });

  test('on a terminal, verdicts are coloured and messages wrapped', async () => {
    const lines: string[] = [];
    const io = { colour: true, columns: 100, out: (text: string) => Promise.resolve(void lines.push(text)) };
    await gleaner(['scan', '--kubeconfig', world.kubeconfig], { io });
    const shown = lines.join('');
    expect(shown).toMatch(/\u001b\[33mact/);
    const messages = shown.split('\n').filter((line) => line.startsWith('    '));
    expect(messages.length).toBeGreaterThan(0);
    for (const line of messages) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('none of it has written anything or shown a secret', async () => {
    expect(world.writes()).toBe(0);
    for (const format of ['table', 'wide', 'json', 'yaml']) {
      expect((await world.run('scan', '--all', '-o', format)).out).not.toContain(secretMarker);
    }
  });
});

describe('scan of other clusters', () => {
  test.each([
    {
      scenario: 'empty',
      code: 0,
      says: 'Nothing needs attention; 4 left alone (CapabilityKnown 1, DrillsOff 1, DriversConfigured 1, NeverRescans 1).\n',
    },
    { scenario: 'healthy', code: 0, says: /^Nothing needs attention; \d+ left alone \(/ },
    { scenario: 'broken', code: 1, says: / report .*[^]* need attention \(/ },
  ])('$scenario answers $code', async ({ scenario, code, says }) => {
    const world = await startWorld({ scenario });
    try {
      const ran = await world.run('scan');
      expect(ran.code).toBe(code);
      if (typeof says === 'string') expect(ran.out).toBe(says);
      else expect(ran.out).toMatch(says);
    } finally {
      await world.stop();
    }
  });

  test.each(['events.k8s.io/v1/Event', 'wgpolicyk8s.io/v1alpha2/PolicyReport', 'storage.k8s.io/v1/StorageClass'])(
    'who may not read %s is shown what is wrong all the same',
    async (kind) => {
      const world = await startWorld({ scenario: 'wrong-handle' });
      const reasons = async () => {
        const { code, out } = await world.run('scan', '--function', 'fix-handle,verify-backup', '-o', 'json');
        return [code, ...JSON.parse(out).findings.map(({ reason }: any) => reason)];
      };
      try {
        const before = await reasons();
        world.sandbox.api.setFault((request) =>
          request.kind === kind ? { kind: 'status', code: 403, reason: 'Forbidden' } : undefined,
        );
        expect(await reasons()).toEqual(before);
        expect(before).toContain('ReplacePair');
        expect((await world.run('doctor')).code).toBeLessThan(2);
      } finally {
        await world.stop();
      }
    },
  );

  test('more rows than are looked at before printing come out all the same', async () => {
    const world = await startWorld({ scenario: 'large-300' });
    try {
      const { out } = await world.run('scan');
      const rows = out.split('\n\n')[0]!.split('\n').slice(1);
      const { findings } = JSON.parse((await world.run('scan', '-o', 'json')).out);
      expect(findings.length).toBeGreaterThan(300);
      expect(rows).toHaveLength(findings.length);
    } finally {
      await world.stop();
    }
  });
});

describe('what is news', () => {
  const odd = (more: Partial<Finding> = {}): Finding => ({
    subject: { kind: 'VirtualMachineBackup', name: 'web', namespace: 'prod' },
    reason: 'ObjectUnreadable',
    message: 'it is odd',
    actions: [],
    ...more,
  });

  test('an object that cannot be read is told once, by whoever and of whichever volume', () => {
    const isFirstReport = createFirstReport([{ name: 'verify-backup' }]);
    expect(isFirstReport('verify-backup', odd())).toBe(true);
    expect(isFirstReport('verify-backup', odd({ volume: 'disk-0', facts: { snapshot: 'prod/a' } }))).toBe(false);
    expect(isFirstReport('fix-handle', odd())).toBe(false);
  });

  test('what one function says of several volumes is told of each, and of none by another', () => {
    const isFirstReport = createFirstReport([{ name: 'verify-backup' }, { name: 'relink-vmbackup' }]);
    const lost = (snapshot: string) => odd({ reason: 'BackupFailed', facts: { snapshot } });
    expect(isFirstReport('relink-vmbackup', lost('prod/a'))).toBe(true);
    expect(isFirstReport('relink-vmbackup', lost('prod/b'))).toBe(true);
    expect(isFirstReport('verify-backup', lost('prod/a'))).toBe(false);
  });
});
