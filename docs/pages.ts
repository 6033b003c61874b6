import { z } from 'zod';
import type { AnyFunction, Need, Watch } from '../shared/function.ts';
import { kinds } from '../shared/domain/kinds.ts';
import type { VerdictKind } from '../shared/plan/verdict.ts';
import { reasons } from '../shared/plan/reason.ts';
import { capabilitiesPage } from './capabilities.ts';
import { Environment, variableOf } from '../shared/runtime/settings.ts';

/** The pages that are made from code, so that they cannot say anything else. All pure: values in, Markdown out. */

const note = (from: string): string => `<!-- generated from ${from}; npm run docs -->\n`;

const verdicts: Readonly<Record<VerdictKind, string>> = {
  act: 'Gleaner has the next safe steps: `gleaner plan` shows them, `gleaner apply` and the event functions take them.',
  wait: 'Something is to be done, but not yet. The event that says so, or the next sweep, goes on from here.',
  report: 'Only a person can decide. Gleaner leaves it alone and says what it saw.',
  leave: 'Nothing is to be done: all is well, or it is not Gleaner’s business.',
};

export function reasonsPage(): string {
  const sections = (Object.keys(verdicts) as VerdictKind[]).map((verdict) => {
    const rows = Object.entries(reasons)
      .filter(([, info]) => info.verdict === verdict)
      .map(([reason, { means, does, youCan }]) => [`\`${reason}\``, means, does, youCan]);
    const columns = ['Reason', 'What it means', 'What Gleaner does', 'What you can do'];
    return `## ${verdict}\n\n${verdicts[verdict]}\n\n${table(columns, rows)}`;
  });
  return `${note('shared/plan/reasons/*.ts')}
# Reasons

Every finding of Gleaner’s has one of these reasons: in the output of \`gleaner scan\` and \`gleaner plan\`, in the log of a
function and in the events it answers with. They are stable: scripts and alerts may rely on them.

${sections.join('\n')}`;
}

export function functionsPage(functions: readonly AnyFunction[]): string {
  return `${note('functions/*/index.ts')}
# Functions

Each is a folder under \`functions/\` and a scale-to-zero Service under \`deploy/\`. One image serves all of them; \`FUNCTION\`
says which one a process is. \`GLEANER_MODE=observe\` makes any of them report only.

${table(['Setting', 'Values', 'Default', 'What it is'], settings())}
${functions.map(functionSection).join('\n')}`;
}

function functionSection(fn: AnyFunction): string {
  const watched = fn.watches.map(({ kind, mode }) => [`\`${kind}\``, `\`${kinds[kind].apiVersion}\``, carries(mode)]);
  const needed = fn.needs.map((need) => [
    `\`${resourceOf(need)}\`${need.names === undefined ? '' : ` ${need.names.join(', ')}`}${need.namespace === undefined ? '' : ` in \`${need.namespace}\``}`,
    need.verbs.join(', '),
  ]);
  const policy = policyOf(fn);
  return `## ${fn.name}

${fn.summary}

${watched.length === 0 ? 'It watches nothing: sweeps drive it.\n' : table(['Watches', 'API', 'Events carry'], watched)}
${table(['May', 'Verbs'], needed)}
${policy.length === 0 ? '' : table(['Policy', 'Values', 'Default'], policy)}`;
}

const carries = (mode: Watch['mode']): string => (mode === 'resource' ? 'the object' : 'its name only');
const resourceOf = ({ group, resource }: Need): string => (group === '' ? resource : `${resource}.${group}`);

/** The variables that set a function's policy, from the schema that reads them. */
const policyOf = (fn: AnyFunction): string[][] =>
  variablesOf(fn.config).map(([key, ...cells]) => [`\`${variableOf(fn, key)}\``, ...cells]);

/** Those that hold for all. */
const settings = (): string[][] =>
  variablesOf(Environment).map(([key, ...cells]) => [`\`${key}\``, ...cells, explained[key as keyof typeof explained]]);

const explained: Readonly<Record<keyof typeof Environment.shape, string>> = {
  FUNCTION: 'the one function that this process serves; without it all of them, each at its path',
  PORT: 'where it listens',
  GLEANER_MODE: '`observe`: the same thinking, nothing is written',
  GLEANER_LOG_LEVEL: 'what the log says; a healthy cluster says little at `info`',
  GLEANER_BODY_LIMIT: 'bytes that an event may have',
  GLEANER_CONCURRENCY: 'events at work at once; ten times as many wait',
  GLEANER_SWEEP_SECONDS:
    'how long a sweep may take before it answers, says how far it got, and goes on with the next event; keep it a minute below the time-out of requests',
  GLEANER_SWEEP_JITTER_SECONDS: 'a sweep that a clock asks for begins up to so much later, by chance',
};

function variablesOf(config: z.core.$ZodType): [key: string, values: string, otherwise: string][] {
  const schema = z.toJSONSchema(config, { io: 'input' }) as {
    properties?: Record<string, { enum?: unknown[]; type?: string; default?: unknown }>;
  };
  return Object.entries(schema.properties ?? {}).map(([key, { enum: values, type, default: value }]) => [
    key,
    values?.map((v) => `\`${String(v)}\``).join(', ') ?? type ?? '',
    value === undefined ? '' : `\`${JSON.stringify(value).replaceAll('"', '')}\``,
  ]);
}

export const capabilities = (): string => capabilitiesPage(table);

/** What `npm run bench` writes. */
export const Results = z.object({
  machine: z.string(),
  date: z.string(),
  figures: z.array(
    z.object({
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      baseline: z.number().nullish(),
      /** Value by baseline; their distance where the goal is one (`<= baseline + 1`). */
      ratio: z.number().nullish(),
      goal: z.string(),
      met: z.boolean(),
      note: z.string().nullish(),
    }),
  ),
});

const marks = ['<!-- figures -->', '<!-- /figures -->'] as const;

/** Puts the measured figures between the marks of the README. */
export function withFigures(readme: string, results: z.infer<typeof Results> | undefined): string {
  const [from, to] = marks.map((mark) => readme.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error(`README.md lacks ${marks.join(' … ')}`);
  return `${readme.slice(0, from + marks[0].length)}\n${figures(results)}\n${readme.slice(to)}`;
}

function figures(results: z.infer<typeof Results> | undefined): string {
  if (results === undefined) return '\nNot measured yet: `npm run bench`.\n';
  const rows = results.figures.map(({ name, value, unit, baseline, ratio, goal, met, note: how }) => [
    name,
    `${short(value)} ${unit}`,
    baseline === undefined || baseline === null ? '' : `${short(baseline)} ${unit}`,
    ratio === undefined || ratio === null ? '' : goal.includes('+') ? `+${short(ratio)}` : short(ratio),
    goal,
    met ? 'yes' : '**no**',
    how ?? '',
  ]);
  const columns = ['Figure', 'Gleaner', 'Bare', 'Ratio', 'Goal', 'Met', 'How'];
  return `\nMeasured on ${results.machine}, ${results.date}:\n\n${table(columns, rows)}`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('');

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
