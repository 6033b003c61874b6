import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as functions from '../functions/index.ts';
import { kinds } from '../shared/domain/kinds.ts';
import { circleSentences, circlesOf } from './layout/circles.ts';
import { importsOf } from './layout/imports.ts';
import type { Hints, Room } from './layout/rules.ts';
import { reaches, roomOf, violations } from './layout/rules.ts';

/** Who may import what. Arrows run one way: cli, test, bench → functions → shared (runtime → kube → plan, ports → domain). */
const rooms: readonly Room[] = [
  { room: 'shared/domain', may: [], pure: true },
  { room: 'shared/objects', may: ['shared/domain'], packages: ['zod'], pure: true },
  { room: 'shared/plan', may: ['shared/domain'], pure: true },
  // What pure rooms may know of the cluster: how it is read, and how it fails.
  { room: 'shared/ports', may: ['shared/domain'], types: ['shared/objects'], pure: true },
  {
    room: 'shared/function.ts',
    may: [],
    types: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/survey-item.ts', 'shared/ports'],
    packages: ['zod'],
    pure: true,
  },
  {
    room: 'shared/chain',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/ports'],
    types: ['shared/function.ts'],
    pure: true,
  },
  {
    room: 'shared/restore',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/ports'],
    pure: true,
  },
  {
    room: 'shared/survey',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/ports'],
    types: ['shared/survey-item.ts'],
    pure: true,
  },
  {
    room: 'shared/survey-item.ts',
    may: [],
    types: ['shared/domain', 'shared/objects', 'shared/chain'],
    pure: true,
  },
  {
    room: 'shared/scratch',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/ports'],
    pure: true,
  },
  {
    room: 'shared/capability',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/ports'],
    pure: true,
  },
  {
    room: 'shared/probe',
    may: [
      ...['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/capability'],
      'shared/ports',
    ],
    pure: true,
  },
  {
    room: 'shared/advice',
    may: ['shared/domain', 'shared/objects', 'shared/capability', 'shared/ports'],
    pure: true,
  },
  {
    room: 'shared/events',
    may: ['shared/domain', 'shared/objects'],
    types: ['shared/function.ts'],
    packages: ['zod', 'cloudevents'],
    pure: true,
  },
  {
    room: 'shared/kube',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/ports'],
    packages: ['@kubernetes/client-node', 'node:*'],
  },
  { room: 'shared/runtime', may: ['shared'], packages: ['zod', 'node:*'] },
  {
    room: 'shared/manifests',
    may: ['shared/domain', 'shared/events'],
    types: ['shared/function.ts'],
    packages: ['yaml'],
    pure: true,
  },

  { room: 'functions', may: ['functions/*', 'shared/runtime'], types: ['shared/function.ts'] },
  {
    room: 'functions/*/plan.ts',
    may: [...['shared/domain', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/restore'], 'shared/capability'],
    types: ['shared/objects'],
    pure: true,
  },
  {
    room: 'functions/*',
    may: [
      ...['shared/domain', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/restore'],
      ...['shared/capability', 'shared/survey', 'shared/events', 'shared/ports', 'shared/function.ts'],
    ],
    types: ['shared/objects', 'shared/survey-item.ts'],
    packages: ['zod'],
    pure: true,
  },

  // It must not share the product's mistakes, so it shares nothing with it.
  {
    room: 'sandbox',
    may: [],
    packages: ['node:*', 'cloudevents', 'fast-json-patch', 'selfsigned', 'yaml'],
  },
  {
    room: 'cli',
    may: ['shared', 'functions/index.ts'],
    lazily: ['sandbox'],
    packages: ['node:*', 'commander', 'yaml', 'cloudevents'],
  },
  { room: 'cli/demo', may: ['shared', 'sandbox', 'cli'], packages: ['node:*', 'yaml'] },
  { room: 'docs', may: ['shared', 'functions/index.ts'], packages: ['node:*', 'zod'] },
  { room: 'bench', may: ['*'], packages: ['*'] },
  // What the fuzz holds against Gleaner is not worked out with Gleaner's own code.
  { room: 'test/scenarios/fuzz/truth.ts', may: [], types: ['sandbox'] },
  { room: 'test/scenarios/fuzz/promises.ts', may: ['test/scenarios/fuzz/truth.ts'], types: ['sandbox'] },
  { room: 'test', may: ['*'], packages: ['*'] },
  { room: 'scripts', may: [], packages: ['node:*', 'prettier'] },
  { room: 'build.ts', may: [], packages: ['*'] },
];

const instead: Hints = [
  [
    '@kubernetes/client-node',
    'only shared/kube knows the client; take its Reader, or connect() of shared/kube/client.ts',
  ],
  ['shared/kube', 'take a Reader (shared/ports/reader.ts); writing is for shared/kube/apply.ts alone'],
  ['shared/runtime', 'what a function needs of its host is handed to it; common ground of functions is shared/chain'],
  ['shared/function.ts', 'only its types are for other rooms, and defineFunction for functions/<name>/index.ts'],
  ['shared', 'the sandbox keeps its own names and rules (sandbox/controllers)'],
  ['functions', 'what two functions need moves to shared/chain or shared/domain; hosts are handed definitions'],
  ['sandbox', 'only the demo, tests and bench play with it; a command loads it with await import()'],
  ['cli', 'nothing imports the command line: move it to shared'],
  ['test', 'nothing imports tests: what others need moves to the sandbox or to shared'],
  ['bench', 'nothing imports the bench'],
  [
    'zod',
    'schemas of kinds are in shared/objects, of events in shared/events, of policies in functions/<name>/config.ts',
  ],
];

const root = join(import.meta.dirname, '..');
const passedOver = new Set(['node_modules', 'dist', 'coverage', 'bin', 'deploy']);

function sources(folder: string): [path: string, source: string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return passedOver.has(entry.name) || entry.name.startsWith('.') ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [[relative(root, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]] : [];
  });
}
const files = new Map(sources(root));

describe('the house', () => {
  test('keeps the import table', () => {
    expect(violations(files, rooms, instead)).toEqual([]);
  });

  test('has no row for a room that is not there', () => {
    const used = new Set([...files.keys()].map((path) => roomOf(path, rooms)));
    expect(rooms.filter((room) => !used.has(room)).map(({ room }) => room)).toEqual([]);
  });

  test('lets nothing but shared/kube load the Kubernetes client', () => {
    const loading = [...files].filter(([path, source]) =>
      importsOf(path, source).some(({ target }) => target === '@kubernetes/client-node'),
    );
    expect(loading.length).toBeGreaterThan(0);
    const outside = loading.map(([path]) => path).filter((path) => !/^(shared\/kube|test|bench)\//.test(path));
    expect(outside).toEqual([]);
  });

  test('lets no decision reach the network, the disk or the writer, not even through others', () => {
    const deciding = [...files.keys()].filter((path) =>
      /^(functions\/[^/]+\/[^/]+|shared\/(chain|plan|scratch)\/.*)\.ts$/.test(path),
    );
    expect(deciding.length).toBeGreaterThan(10);
    for (const path of deciding) {
      const forbidden = [...reaches(path, files)].filter((to) =>
        /^(node:|@kubernetes\/|shared\/(kube|runtime)\/)/.test(to),
      );
      expect([path, forbidden]).toEqual([path, []]);
    }
  });
});

describe('imports', () => {
  test('go in no circle of values', () => {
    expect(circleSentences(files, ['value'])).toEqual([]);
  });

  test('go in none of types either', () => {
    expect(circleSentences(files, ['value', 'type'])).toEqual([]);
  });

  const planted = new Map([
    ['shared/plan/a.ts', "import { b } from './b.ts';\nimport { d } from '../domain/d.ts';"],
    ['shared/plan/b.ts', "export { c } from './c.ts';"],
    ['shared/plan/c.ts', "import { a } from './a.ts';\nimport type { Late } from './late.ts';"],
    ['shared/plan/late.ts', "import { a } from './a.ts';"],
    ['shared/domain/d.ts', "import { z } from 'zod';"],
    ['cli/lazy.ts', "const { main } = await import('./main.ts');"],
    ['cli/main.ts', "import { lazy } from './lazy.ts';"],
  ]);

  test('in a planted circle of values are named with its files and what to do', () => {
    expect(circleSentences(planted, ['value'])).toEqual([
      'shared/plan/a.ts → shared/plan/b.ts → shared/plan/c.ts → shared/plan/a.ts: move what they share into a file that imports none of them',
    ]);
  });

  test('of types widen a circle, and lazy ones are none', () => {
    expect(circlesOf(planted, ['value', 'type'])).toEqual([
      ['shared/plan/a.ts', 'shared/plan/b.ts', 'shared/plan/c.ts', 'shared/plan/late.ts'],
    ]);
    expect(circleSentences(planted, ['value', 'type'])[0]).toContain('(and through shared/plan/late.ts)');
  });
});

describe('printed commands', () => {
  const core = new Set(Object.values(kinds).flatMap(({ group, plural }) => (group === '' ? [plural] : [])));
  const qualified = new Set(Object.values(kinds).map(({ group, plural }) => `${plural}.${group}`));
  const told = 'kubectl commands are built by shared/domain/kubectl.ts, of kinds that shared/domain/kinds.ts has';

  /** Whoever has CRDs of the same name gets another object by a short name. */
  const unqualified = (text: string): string[] =>
    [...text.matchAll(/\bkubectl (?:get|describe|edit|delete|patch|annotate|label) ([\w.,-]+)/g)].flatMap(
      ([said, all = '']) =>
        all.split(',').every((one) => core.has(one) || qualified.has(one)) ? [] : [`${said}: ${told}`],
    );
  const built = (source: string): string[] =>
    [...source.matchAll(/['"`][^'"`\n]*\bkubectl (?:get|describe|edit|delete|patch|annotate|label)\b/g)].map(
      ([said]) => `${said}: ${told}`,
    );

  test('are built in shared/domain/kubectl.ts alone', () => {
    const printing = [...files].filter(
      ([path]) => /^(shared|functions|cli)\//.test(path) && path !== 'shared/domain/kubectl.ts',
    );
    expect(printing.length).toBeGreaterThan(100);
    for (const [path, source] of printing) expect([path, built(source)]).toEqual([path, []]);
  });

  test('are qualified by their group in what is written for people, too', () => {
    const pages = ['', 'docs', 'docs/adr'].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
        .map((name) => join(folder, name)),
    );
    expect(pages.length).toBeGreaterThan(10);
    for (const page of pages) {
      expect([page, unqualified(readFileSync(join(root, page), 'utf8'))]).toEqual([page, []]);
    }
  });

  test.each([
    ['kubectl get virtualmachinebackups.harvesterhci.io web -n prod', 0],
    ['kubectl get persistentvolumeclaims,pods -A', 0],
    ['kubectl apply -f -', 0],
    ['kubectl get vmbackup web', 1],
    ['kubectl describe backups -A', 1],
    ['kubectl get pods,volumes -A', 1],
  ])('%s: %d to mend', (text, count) => {
    expect(unqualified(text)).toHaveLength(count);
    expect(built(`const command = '${text}';`)).toHaveLength(text.includes('apply') ? 0 : 1);
  });
});

describe('functions/', () => {
  const folders = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const template = '_template';
  const registered = folders.filter((name) => name !== template);
  const camelCase = (name: string) => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const lineOf = (name: string) => `export { default as ${camelCase(name)} } from './${name}/index.ts';`;

  test('and its list agree: each folder is exported under its own name', () => {
    const lines = readFileSync(join(root, 'functions/index.ts'), 'utf8').split('\n').slice(1, -1);
    const toAdd = registered.map(lineOf).filter((line) => !lines.includes(line));
    const toRemove = lines.filter((line) => !registered.map(lineOf).includes(line));
    expect({ 'add to functions/index.ts': toAdd, 'remove from functions/index.ts': toRemove }).toEqual({
      'add to functions/index.ts': [],
      'remove from functions/index.ts': [],
    });
    const listed = Object.entries(functions).map(([key, fn]) => `${key}: name: '${fn.name}'`);
    expect(listed).toEqual(registered.map((name) => `${camelCase(name)}: name: '${name}'`));
  });

  test.each(folders)('%s has its files, and tests under the same name', (name) => {
    const needed = [
      ...['index', 'config', 'observe', 'plan'].map((file) => `functions/${name}/${file}.ts`),
      `test/functions/${name}/plan.test.ts`,
    ];
    const missing = needed.filter((path) => !files.has(path));
    expect({ 'to write, as in functions/_template': missing }).toEqual({ 'to write, as in functions/_template': [] });
  });

  test('the template has every file that a function may be asked for, and is served by nobody', () => {
    const inTemplate = [...files.keys()].filter((path) => path.startsWith(`functions/${template}/`));
    const names = ['checks', 'config', 'findings', 'index', 'observe', 'plan', 'route', 'triage'];
    expect(inTemplate.sort()).toEqual(names.map((file) => `functions/${template}/${file}.ts`));
    expect(Object.values(functions).map(({ name }) => name)).not.toContain('do-something');
  });
});

describe('the checker', () => {
  const check = (path: string, source: string, others: Record<string, string> = {}) =>
    violations(new Map([[path, source], ...Object.entries(others)]), rooms, instead);
  const kube = { 'shared/function.ts': '', 'shared/kube/writer.ts': '' };

  test.each([
    ['a pure room takes a clock', 'shared/plan/a.ts', 'const now = Date.now();'],
    ['a function loads the client', 'functions/a/observe.ts', "import { KubeConfig } from '@kubernetes/client-node';"],
    ['a function takes the writer', 'functions/a/plan.ts', "import type { W } from '../../shared/kube/writer.ts';"],
    ['a type is imported as a value', 'shared/chain/a.ts', "import { F } from '../function.ts';"],
    ['a command loads the sandbox at once', 'cli/a.ts', "import { s } from '../sandbox/index.ts';"],
    ['the sandbox uses the product', 'sandbox/a.ts', "import { k } from '../shared/kube/writer.ts';"],
    ['an import stretches over lines', 'shared/plan/a.ts', "import {\n  a,\n  b,\n} from '../kube/writer.ts';"],
    ['an export passes it on', 'shared/plan/a.ts', "export { a } from '../kube/writer.ts';"],
    ['it is loaded lazily', 'shared/plan/a.ts', "await import('../kube/writer.ts');"],
    ['one function uses another', 'functions/a/index.ts', "import b from '../b/index.ts';"],
    ['a folder has no row', 'utils/a.ts', ''],
    [
      'a file of its own reaches into a room beside it',
      'shared/survey-item.ts',
      "import { w } from './kube/writer.ts';",
    ],
  ])('speaks up when %s', (_when, path, source) => {
    const found = check(path, source, { ...kube, 'sandbox/index.ts': '', 'functions/b/index.ts': '' });
    expect(found.filter((sentence) => sentence.startsWith(path))).toHaveLength(1);
  });

  test('names the room to use instead', () => {
    const [sentence] = check('functions/a/plan.ts', "import { c } from '@kubernetes/client-node';");
    expect(sentence).toMatch(/functions\/a\/plan\.ts imports @kubernetes\/client-node .*shared\/kube/);
  });

  test('keeps a file named _x.ts to its folder', () => {
    const others = { 'shared/domain/_cut.ts': '' };
    expect(check('shared/domain/names.ts', "import { cut } from './_cut.ts';", others)).toEqual([]);
    expect(check('shared/plan/plan.ts', "import { cut } from '../domain/_cut.ts';", others)).toHaveLength(1);
  });

  test.each([
    ['shared/chain/a.ts', "import type { F } from '../function.ts';"],
    ['cli/a.ts', "const { s } = await import('../sandbox/index.ts');"],
    ['shared/plan/a.ts', '// Date.now() would be a second clock'],
    ['test/a.ts', "import { s } from '../sandbox/index.ts';"],
  ])('has nothing to say against %s: %s', (path, source) => {
    expect(check(path, source, { ...kube, 'sandbox/index.ts': '' })).toEqual([]);
  });
});
