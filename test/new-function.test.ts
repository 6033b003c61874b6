import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../sandbox/api/types.ts';
import { at, fromManifests, startEventing } from '../sandbox/events/index.ts';
import { startSandbox } from '../sandbox/index.ts';
import * as make from '../sandbox/scenarios/build.ts';
import { ownServer, writeFile } from './functions/host-process.ts';

/**
 * A newcomer's way, in a copy of this repository: `npm run new-function`, then the five steps of CONTRIBUTING.md, up to a
 * function that answers an event in the sandbox. The tests are one story and build on each other.
 */

// A busy machine is no fault of the code's.
jest.setTimeout(600_000);

const root = join(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'gleaner-new-function-'));
const NAME = 'report-missing-class';
const leftOut = new Set(['.git', 'node_modules', 'dist', 'coverage']);
/** `npm run test:sandbox`: looks after each step, at what is said when one is forgotten, and at the types of the copy. */
const slowTest = process.env['EVERY_CALL'] === undefined ? undefined : test;

const inCopy = (path: string) => join(copy, path);
const read = (path: string) => readFileSync(inCopy(path), 'utf8');
const node = (...args: string[]) => {
  const env = { PATH: process.env['PATH'], NODE_OPTIONS: '--disable-warning=ExperimentalWarning' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, env, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
};
const newFunction = (...args: string[]) => node('scripts/new-function.ts', ...args);
const jestOn = (...paths: string[]) =>
  node('--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand', '--runTestsByPath', ...paths);

/** As an editor would: what is to be replaced has to be there. */
function edit(path: string, ...changes: readonly (readonly [from: string, to: string])[]): void {
  let text = read(path);
  for (const [from, to] of changes) {
    expect([path, text]).toEqual([path, expect.stringContaining(from)]);
    text = text.replaceAll(from, to);
  }
  writeFileSync(inCopy(path), text);
}

/** Every file of the copy, and when it was written. */
const written = (): readonly string[] =>
  readdirSync(copy, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${statSync(path).mtimeMs}`;
    });
/** Those that are new, or were written again. */
const writtenSince = (before: readonly string[]): readonly string[] => {
  const known = new Set(before);
  return written().filter((one) => !known.has(one));
};

beforeAll(() => {
  cpSync(root, copy, { recursive: true, filter: (path) => path === root || !leftOut.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), inCopy('node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true }));

describe('a name that cannot be', () => {
  test.each([
    ['nothing', [], 'no name given'],
    ['an underscore', ['report_missing'], '"report_missing" is no name'],
    ['capitals', ['ReportMissing'], '"ReportMissing" is no name'],
    ['one word', ['report'], '"report" is no name'],
    ['a path', ['../report-missing'], '"../report-missing" is no name'],
    ['one too long for a Service', [`report-${'x'.repeat(40)}`], '40 are allowed'],
    ['the template’s', ['do-something'], 'the template'],
    ['one that is taken', ['fix-handle'], '"fix-handle" is taken: functions/fix-handle'],
  ])('is refused with a hint, and nothing is written: %s', (_what, args, says) => {
    const before = written();
    const { status, out, err } = newFunction(...args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(says);
    expect(writtenSince(before)).toEqual([]);
  });
});

const its = ['plan', 'sandbox'].map((file) => `test/functions/${NAME}/${file}.test.ts`);
/** Those that a new function concerns, and that need nothing but what is checked in. */
const lists = ['test/layout.test.ts', 'test/docs/pages.test.ts', 'test/shared/manifests/deploy.test.ts'];

describe('npm run new-function', () => {
  test('writes a function, and says which five steps are left', () => {
    const { status, out, err } = newFunction(NAME);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const paths = [...out.matchAll(/^wrote (\S+\.ts)$/gm)].map(([, path]) => path!);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(inCopy(path)))).toEqual([]);
    expect(out.match(/^\d\. /gm)).toHaveLength(5);
  });

  slowTest?.('it passes its tests as it is', () => {
    expect(jestOn(...its, ...lists)).toMatchObject({ status: 0 });
  });

  test('leaves nothing of the template’s in it', () => {
    const texts = readdirSync(inCopy(`functions/${NAME}`)).map((file) => read(`functions/${NAME}/${file}`));
    texts.push(...readdirSync(inCopy(`test/functions/${NAME}`)).map((file) => read(`test/functions/${NAME}/${file}`)));
    expect(texts).toHaveLength(11);
    expect(texts.join('\n')).not.toMatch(/_template|do-?something|LinkSound|SnapshotClassMissing/i);
  });

  test('does it once: the second time nothing is written', () => {
    const before = written();
    expect(newFunction(NAME)).toMatchObject({ status: 2, err: expect.stringContaining('is taken') });
    expect(writtenSince(before)).toEqual([]);
  });
});

describe('the five steps', () => {
  const folder = `functions/${NAME}`;
  const tests = `test/functions/${NAME}`;

  test('1: its definition', () => {
    edit(`${folder}/index.ts`, [
      'Reports, in an Event, each VolumeSnapshotContent',
      'Reports each VolumeSnapshotContent on Delete',
    ]);
  });

  test('2: a row for each outcome', () => {
    const row = "['it is on Retain', 'LeftOnRetain', [changed((c) => (c['spec'].deletionPolicy = 'Retain'))]],";
    edit(`${tests}/plan.test.ts`, ["['it is ready',", `${row}\n    ['it is ready',`]);
  });

  slowTest?.('2: which fails until the check is there', () => {
    const { status, err } = jestOn(`${tests}/plan.test.ts`);
    expect(status).toBe(1);
    expect(err).toMatch(/● .*when it is on Retain: LeftOnRetain/);
  });

  test('2: the check, and reasons of its own', () => {
    const next = '  if (content.status?.readyToUse';
    const check =
      "  if (content.spec.deletionPolicy === 'Retain') return found(content, 'LeftOnRetain', 'is on Retain');";
    edit(`${folder}/findings.ts`, [next, `${check}\n${next}`]);
    const renamed = [
      ['ReportMissingClassNotNeeded', 'ClassNotMissed'],
      ['ReportMissingClassNeeded', 'ClassMissed'],
    ] as const;
    const saying = [`shared/plan/reasons/${NAME}.ts`, `${folder}/checks.ts`, ...its];
    for (const path of saying) edit(path, ...renamed);
    edit(`${folder}/findings.ts`, renamed[0]);
  });

  test('3: a world of its own', () => {
    edit(`${tests}/world.ts`, ["name: 'class-removed'", "name: 'class-of-others-removed'"]);
  });

  test('4: the two tables about sweeps have their rows', () => {
    expect(read('test/scenarios/forged.test.ts')).toContain("['reportMissingClass', reportMissingClassWorld]");
    expect(read('test/scenarios/healthy.test.ts')).toContain("'report-missing-class': { growing: 4, small: 0 }");
  });

  slowTest?.('5: what is forgotten is said, with the file or the command', () => {
    const line = `export { default as reportMissingClass } from './${NAME}/index.ts';\n`;
    edit('functions/index.ts', [line, '']);
    const { status, err } = jestOn(...lists);
    edit('functions/index.ts', ['export { default as verifyBackup }', `${line}export { default as verifyBackup }`]);
    expect(status).toBe(1);
    expect(err).toContain('add to functions/index.ts');
    expect(err).toContain(line.trim());
    expect(err).toContain('docs/reasons.md is out of date: run `npm run docs`');
    expect(err).toContain(`deploy/${NAME}.yaml is rendered from nothing any more: run \`npm run manifests\``);
  });

  test('5: the generated files; then all its tests pass', () => {
    expect(node('cli/main.ts', 'manifests', '--write')).toMatchObject({ status: 0 });
    expect(node('docs/write.ts')).toMatchObject({ status: 0 });
    const ran = jestOn(...its, ...lists);
    expect([ran.status, ran.status === 0 || ran.err]).toEqual([0, true]);
    expect(read('docs/functions.md')).toContain('Reports each VolumeSnapshotContent on Delete');
    expect(read('docs/reasons.md')).toContain('| `ClassMissed` |');
  });

  slowTest?.('the copy passes the type check', () => {
    expect(node('node_modules/typescript/bin/tsc', '-p', '.')).toEqual({ status: 0, out: '', err: '' });
  });
});

describe('deployed in the sandbox', () => {
  const manifests = (): KubeObject[] => {
    const { out } = node('cli/main.ts', 'manifests');
    return parseAllDocuments(out).map((document) => document.toJS() as KubeObject);
  };

  test('gleaner manifests has its Service, account, rights, trigger and clock', () => {
    const named = manifests().filter(({ metadata }) => metadata.name.includes(NAME));
    expect([...new Set(named.map(({ kind }) => kind))].sort()).toEqual(
      ['ClusterRole', 'ClusterRoleBinding', 'PingSource', 'Service', 'ServiceAccount', 'Trigger'].sort(),
    );
  });

  test('it answers the event of an object that appears, with just its own rights', async () => {
    const all = manifests();
    const sandbox = await startSandbox({ tickMs: 2, tls: false });
    const rights = ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
    for (const manifest of all) if (rights.includes(manifest.kind)) await sandbox.client.create(manifest);
    const token = sandbox.api.tokenFor(`system:serviceaccount:gleaner:${NAME}`);
    const KUBECONFIG = writeFile('kubeconfig', sandbox.api.kubeconfig({ token }));
    const server = await ownServer({ FUNCTION: NAME, KUBECONFIG }, copy);
    const others = (it: KubeObject) => it.kind === 'Trigger' && it['spec'].subscriber.ref.name !== NAME;
    const eventing = startEventing(
      sandbox,
      fromManifests(
        all.filter((it) => !others(it)),
        { [NAME]: at(server.url) },
      ),
    );
    const until = async <T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        await sleep(20);
      }
    };
    try {
      const content = make.content({
        snapshot: 'web',
        handle: 'lvm-snapshot-1',
        driver: 'lvm.driver.harvesterhci.io',
        className: 'removed',
      });
      delete content.metadata.uid;
      delete content['status'];
      await sandbox.client.create(content);

      const reply = await until(() => eventing.broker.recorded.find(({ type }) => type.startsWith('dev.gleaner.')));
      expect(reply).toMatchObject({ type: 'dev.gleaner.applied' });
      expect(JSON.stringify(reply)).toContain('ClassMissed');
      const events = await sandbox.client.list('events.k8s.io/v1/Event');
      expect(events.filter((event) => event['action'] === 'Check')).toMatchObject([
        { reason: 'ClassMissed', regarding: { kind: 'VolumeSnapshotContent', name: content.metadata.name } },
      ]);

      const writes = () =>
        sandbox.api.requests().filter((r) => r.user.endsWith(`:${NAME}`) && !['get', 'list'].includes(r.verb));
      expect(writes()).toHaveLength(1);
      await eventing.ping();
      await eventing.settle();
      expect(writes()).toHaveLength(1);
    } finally {
      await eventing.stop();
      await server.stop();
      await sandbox.stop();
    }
  });
});
