/**
 * `npm run new-function NAME` copies functions/_template and its tests to a new function, and adds it to every list of
 * functions. Writes everything or nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The message says what is wrong, and what would be right. */
class Refusal extends Error {}

interface Names {
  /** `relink-vmbackup` */
  readonly kebab: string;
  /** `relinkVmbackup` */
  readonly camel: string;
  /** `RelinkVmbackup` */
  readonly pascal: string;
}

/** The name of functions/_template in its own code. */
const TEMPLATE_NAME = 'do-something';
/** Services, triggers and PingSources append suffixes, and a Kubernetes name has at most 63 characters. */
const LONGEST = 40;

function namesOf(kebab: string): Names {
  const example = 'verb and object in kebab case, as in: npm run new-function relink-vmbackup';
  if (kebab === '') throw new Refusal(`no name given: ${example}`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(kebab))
    throw new Refusal(`"${kebab}" is no name for a function: ${example}`);
  if (kebab.length > LONGEST) {
    throw new Refusal(`"${kebab}" has ${kebab.length} characters, ${LONGEST} are allowed: ${example}`);
  }
  if (kebab === TEMPLATE_NAME) throw new Refusal(`"${kebab}" is what the template is called: ${example}`);
  const camel = kebab.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return { kebab, camel, pascal: camel.charAt(0).toUpperCase() + camel.slice(1) };
}

/** Files to write, by path from the repository root. */
type Files = Map<string, string>;

/** The template's files under the new name. The template uses existing reasons; the new function gets its own. */
function copies({ kebab, camel, pascal }: Names): Files {
  const renamed = (text: string) =>
    text
      .replaceAll('_template', kebab)
      .replaceAll(TEMPLATE_NAME, kebab)
      .replaceAll('doSomething', camel)
      .replaceAll("'LinkSound'", `'${pascal}NotNeeded'`)
      .replaceAll("'SnapshotClassMissing'", `'${pascal}Needed'`);
  const files: Files = new Map();
  for (const folder of ['functions', 'test/functions']) {
    for (const file of readdirSync(join(root, folder, '_template'))) {
      files.set(`${folder}/${kebab}/${file}`, renamed(read(`${folder}/_template/${file}`)));
    }
  }
  return files;
}

const reasonsFile = ({ kebab }: Names) => `shared/plan/reasons/${kebab}.ts`;

const reasons = ({ kebab, camel, pascal }: Names): string => `import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

/** What ${kebab} finds. */
export const ${camel}Reasons = {
  ${pascal}NotNeeded: leave(
    'The content is Longhorn’s or ready, or its VolumeSnapshotClass exists.',
    nothingNeeded,
  ),
  ${pascal}Needed: report(
    'The content is of other storage than Longhorn, and its VolumeSnapshotClass does not exist: it stays unready.',
    'Create the class again.',
  ),
} as const satisfies Record<string, ReasonInfo>;
`;

/** The lists of functions: the file, the lines that enclose the list, and the line to add. */
const lists = ({ kebab, camel }: Names): [path: string, from: RegExp, to: RegExp, line: string][] => [
  ['functions/index.ts', /^\/\*\* The functions/, /^$/, `export { default as ${camel} } from './${kebab}/index.ts';`],
  ['shared/plan/reason.ts', /^import type/, /^$/, `import { ${camel}Reasons } from './reasons/${kebab}.ts';`],
  ['shared/plan/reason.ts', /^export const reasons = \{/, /^\}/, `  ...${camel}Reasons,`],
  [
    'test/scenarios/forged.test.ts',
    /^import \* as all/,
    /^import /,
    `import { scenario as ${camel}World } from '../functions/${kebab}/world.ts';`,
  ],
  ['test/scenarios/forged.test.ts', /^const worlds/, /^\];/, `  ['${camel}', ${camel}World],`],
  ['test/scenarios/healthy.test.ts', /^const lists/, /^\};/, `  '${kebab}': { growing: 4, small: 0 },`],
];

/** Inserts the line in alphabetical order if the list is sorted; else at its end. */
function entered(text: string, path: string, from: RegExp, to: RegExp, line: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((one) => from.test(one)) + 1;
  const end = first + lines.slice(first).findIndex((one) => to.test(one));
  if (first === 0 || end < first) {
    throw new Refusal(`${path} has no list that begins with ${from.source}: see scripts/new-function.ts`);
  }
  const list = lines.slice(first, end);
  const isSorted = list.every((one, at) => at === 0 || list[at - 1]! < one);
  const after = isSorted ? list.findIndex((one) => one > line) : -1;
  lines.splice(after < 0 ? end : first + after, 0, line);
  return lines.join('\n');
}

function plan(names: Names): Files {
  const files = copies(names);
  files.set(reasonsFile(names), reasons(names));
  const existing = [
    ...new Set([...files.keys()].map((path) => (/^(test\/)?functions/.test(path) ? dirname(path) : path))),
  ];
  const taken = existing.filter((path) => existsSync(join(root, path)));
  if (taken.length > 0) throw new Refusal(`"${names.kebab}" is taken: ${taken.join(', ')} exists`);
  for (const [path, from, to, line] of lists(names)) {
    const text = files.get(path) ?? read(path);
    if (text.split('\n').includes(line)) throw new Refusal(`"${names.kebab}" is taken: ${path} has ${line.trim()}`);
    files.set(path, entered(text, path, from, to, line));
  }
  return files;
}

/** Runs prettier, because line breaks depend on the length of the name. */
async function formatted(path: string, text: string): Promise<string> {
  const { format, resolveConfig } = await import('prettier');
  return format(text, { ...(await resolveConfig(join(root, path))), filepath: path });
}

const steps = ({ kebab, pascal }: Names): string => `
It works already, and reports what the template reports. Five steps make it yours:

1. functions/${kebab}/index.ts
   What it does in one sentence, what it watches, which rights it needs.
2. test/functions/${kebab}/plan.test.ts, then checks.ts and plan.ts
   A row for each outcome, those in which nothing happens first. Each outcome has a reason in
   shared/plan/reasons/${kebab}.ts: rename ${pascal}NotNeeded and ${pascal}Needed.
3. test/functions/${kebab}/world.ts and sandbox.test.ts, then observe.ts, route.ts and triage.ts
   A world in which it has something to do. The same event delivered again writes nothing more.
4. test/scenarios/forged.test.ts and test/scenarios/healthy.test.ts
   Both have a row for it: the world of step 3, and how many lists its sweep reads.
5. npm run manifests && npm run docs && npm test
   Then commit code, tests and generated files together: feat(${kebab}): …

What concerns it alone: npm run test:unit -- test/functions/${kebab} test/layout.test.ts
`;

async function main(): Promise<void> {
  const names = namesOf(process.argv[2] ?? '');
  const files = plan(names);
  const texts = await Promise.all([...files].map(async ([path, text]) => [path, await formatted(path, text)] as const));
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
  for (const script of [['cli/main.ts', 'manifests', '--write'], ['docs/write.ts']]) {
    const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...script], {
      cwd: root,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`all files above are written, but node ${script.join(' ')} failed:\n${stderr}`);
  }
  console.log('wrote deploy/ and docs/');
  process.stdout.write(steps(names));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
