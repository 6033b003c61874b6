import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as functions from '../functions/index.ts';
import { importsOf } from './layout/imports.ts';
import type { Hints, Room } from './layout/rules.ts';
import { reaches, roomOf, violations } from './layout/rules.ts';

/** Who may import what. Arrows run one way: cli, test, bench → functions → shared (runtime → kube → plan → domain). */
const rooms: readonly Room[] = [
  { room: 'shared/domain', may: [], pure: true },
  { room: 'shared/objects', may: ['shared/domain'], packages: ['zod'], pure: true },
  { room: 'shared/plan', may: ['shared/domain'], pure: true },
  {
    room: 'shared/function.ts',
    may: [],
    types: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/kube/ports.ts'],
    packages: ['zod'],
    pure: true,
  },
  {
    room: 'shared/chain',
    may: ['shared/domain', 'shared/objects', 'shared/plan'],
    types: ['shared/kube/ports.ts', 'shared/function.ts'],
    pure: true,
  },
  {
    room: 'shared/scratch',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain'],
    types: ['shared/kube/ports.ts'],
    pure: true,
  },
  {
    room: 'shared/preflight',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/scratch'],
    types: ['shared/kube/ports.ts'],
    pure: true,
  },
  {
    room: 'shared/capability',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain'],
    types: ['shared/kube/ports.ts'],
    pure: true,
  },
  {
    room: 'shared/probe',
    may: ['shared/domain', 'shared/objects', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/capability'],
    types: ['shared/kube/ports.ts'],
    pure: true,
  },
  {
    room: 'shared/advice',
    may: ['shared/domain', 'shared/objects', 'shared/capability'],
    types: ['shared/kube/ports.ts'],
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
    may: ['shared/domain', 'shared/objects', 'shared/plan'],
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
    may: [
      ...['shared/domain', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/preflight'],
      ...['shared/capability'],
    ],
    types: ['shared/objects'],
    pure: true,
  },
  {
    room: 'functions/*',
    may: [
      ...['shared/domain', 'shared/plan', 'shared/chain', 'shared/scratch', 'shared/preflight'],
      ...['shared/capability', 'shared/events', 'shared/function.ts'],
    ],
    types: ['shared/objects', 'shared/kube/ports.ts'],
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
  { room: 'build.ts', may: [], packages: ['*'] },
];

const instead: Hints = [
  [
    '@kubernetes/client-node',
    'only shared/kube knows the client; take its Reader, or connect() of shared/kube/client.ts',
  ],
  ['shared/kube', 'take a Reader (the type in shared/kube/ports.ts); writing is for shared/kube/apply.ts alone'],
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

describe('functions/', () => {
  const folders = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const camelCase = (name: string) => name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

  test('and its list agree: each folder is exported under its own name', () => {
    const listed = Object.fromEntries(Object.entries(functions).map(([key, fn]) => [key, fn.name]));
    expect(listed).toEqual(Object.fromEntries(folders.map((name) => [camelCase(name), name])));
  });

  test.each(folders)('%s has its definition, and tests under the same name', (name) => {
    expect(files.has(`functions/${name}/index.ts`)).toBe(true);
    expect(existsSync(join(root, 'test/functions', name))).toBe(true);
  });
});

describe('the checker', () => {
  const check = (path: string, source: string, others: Record<string, string> = {}) =>
    violations(new Map([[path, source], ...Object.entries(others)]), rooms, instead);
  const kube = { 'shared/kube/ports.ts': '', 'shared/kube/writer.ts': '' };

  test.each([
    ['a pure room takes a clock', 'shared/plan/a.ts', 'const now = Date.now();'],
    ['a function loads the client', 'functions/a/observe.ts', "import { KubeConfig } from '@kubernetes/client-node';"],
    ['a function takes the writer', 'functions/a/plan.ts', "import type { W } from '../../shared/kube/writer.ts';"],
    ['a type is imported as a value', 'shared/chain/a.ts', "import { R } from '../kube/ports.ts';"],
    ['a command loads the sandbox at once', 'cli/a.ts', "import { s } from '../sandbox/index.ts';"],
    ['the sandbox uses the product', 'sandbox/a.ts', "import { k } from '../shared/kube/writer.ts';"],
    ['an import stretches over lines', 'shared/plan/a.ts', "import {\n  a,\n  b,\n} from '../kube/writer.ts';"],
    ['an export passes it on', 'shared/plan/a.ts', "export { a } from '../kube/writer.ts';"],
    ['it is loaded lazily', 'shared/plan/a.ts', "await import('../kube/writer.ts');"],
    ['one function uses another', 'functions/a/index.ts', "import b from '../b/index.ts';"],
    ['a folder has no row', 'utils/a.ts', ''],
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
    ['shared/chain/a.ts', "import type { R } from '../kube/ports.ts';"],
    ['cli/a.ts', "const { s } = await import('../sandbox/index.ts');"],
    ['shared/plan/a.ts', '// Date.now() would be a second clock'],
    ['test/a.ts', "import { s } from '../sandbox/index.ts';"],
  ])('has nothing to say against %s: %s', (path, source) => {
    expect(check(path, source, { ...kube, 'sandbox/index.ts': '' })).toEqual([]);
  });
});
