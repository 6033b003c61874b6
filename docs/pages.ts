import { z } from 'zod';
import type { AnyFunction, Need, Watch } from '../shared/function.ts';
import { kinds } from '../shared/domain/kinds.ts';
import type { VerdictKind } from '../shared/plan/verdict.ts';
import { reasons } from '../shared/plan/reason.ts';
import { capabilitiesPage } from './capabilities.ts';
import { Environment, variableOf } from '../shared/runtime/settings.ts';

/** Renders the documentation generated from code as Markdown. Pure. */

const note = (from: string): string => `<!-- generated from ${from}; npm run docs -->\n`;

const verdicts: Readonly<Record<VerdictKind, string>> = {
  act: 'Gleaner knows the next safe steps. `gleaner plan` shows them; `gleaner apply` and the event functions take them.',
  wait: 'Something has to be done, but not yet.',
  report: 'Only a person can decide.',
  leave: 'Nothing has to be done: the object is healthy, or not Gleaner’s business.',
};

export function reasonsPage(): string {
  const sections = (Object.keys(verdicts) as VerdictKind[]).map((verdict) => {
    const infos = Object.entries(reasons).filter(([, info]) => info.verdict === verdict);
    // If Gleaner does the same for all of them, say so once, above the table.
    const [usual, ...others] = new Set(infos.map(([, { does }]) => does));
    const same = others.length === 0;
    const rows = infos.map(([reason, { means, does, youCan }]) => [
      `\`${reason}\``,
      means,
      ...(same ? [] : [does]),
      youCan,
    ]);
    const columns = ['Reason', 'What it means', ...(same ? [] : ['What Gleaner does']), 'What you can do'];
    const intro = same ? `${verdicts[verdict]} What Gleaner does: ${usual}` : verdicts[verdict];
    return `## ${verdict}\n\n${intro}\n\n${table(columns, rows)}`;
  });
  return `${note('shared/plan/reasons/*.ts')}
# Reasons

Every finding has one of these reasons: in the output of \`gleaner scan\` and \`gleaner plan\`, in the logs of the functions and
in the events they reply with. They are stable: scripts and alerts may rely on them.

*Snapshot* means VolumeSnapshot, *content* VolumeSnapshotContent, *claim* PersistentVolumeClaim; a *pair* is a snapshot and its
content. *Retain* and *Delete* are the deletionPolicy of a content.

${sections.join('\n')}`;
}

export function functionsPage(functions: readonly AnyFunction[]): string {
  return `${note('functions/*/index.ts')}
# Functions

Each function is a folder under \`functions/\` and a scale-to-zero Service under \`deploy/\`. One image serves all of them;
\`FUNCTION\` selects the one that a process runs. With \`GLEANER_MODE=observe\` a function only reports.

${table(['Setting', 'Values', 'Default', 'Meaning'], settings())}
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

${watched.length === 0 ? 'It watches nothing; sweeps drive it.\n' : table(['Watches', 'API', 'Events carry'], watched)}
${table(['May', 'Verbs'], needed)}
${policy.length === 0 ? '' : table(['Policy', 'Values', 'Default'], policy)}`;
}

const carries = (mode: Watch['mode']): string => (mode === 'resource' ? 'the object' : 'its name only');
const resourceOf = ({ group, resource }: Need): string => (group === '' ? resource : `${resource}.${group}`);

/** The variables of a function's policy, from its config schema. */
const policyOf = (fn: AnyFunction): string[][] =>
  variablesOf(fn.config).map(([key, ...cells]) => [`\`${variableOf(fn, key)}\``, ...cells]);

/** The settings that apply to every function. */
const settings = (): string[][] =>
  variablesOf(Environment).map(([key, ...cells]) => [`\`${key}\``, ...cells, explained[key as keyof typeof explained]]);

const explained: Readonly<Record<keyof typeof Environment.shape, string>> = {
  FUNCTION: 'the function that this process serves; unset: all of them, each at its own path',
  PORT: 'port to listen on',
  GLEANER_MODE: '`observe`: same decisions, no writes',
  GLEANER_LOG_LEVEL: 'log level; a healthy cluster logs little at `info`',
  GLEANER_BODY_LIMIT: 'largest size of an event, in bytes',
  GLEANER_CONCURRENCY: 'events handled at the same time; ten times as many may wait',
  GLEANER_SWEEP_SECONDS:
    'time limit of a sweep; the sweep then replies how far it got and continues with the next event; keep it a minute below the request timeout',
  GLEANER_SWEEP_JITTER_SECONDS: 'largest random delay before a scheduled sweep starts',
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

/** The output of `npm run bench`. */
export const Results = z.object({
  machine: z.string(),
  date: z.string(),
  figures: z.array(
    z.object({
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      baseline: z.number().nullish(),
      /** Value divided by baseline; their difference if the goal is one (`<= baseline + 1`). */
      ratio: z.number().nullish(),
      goal: z.string(),
      met: z.boolean(),
      note: z.string().nullish(),
    }),
  ),
});

const marks = ['<!-- figures -->', '<!-- /figures -->'] as const;

/** Replaces the figures between the README's markers. */
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
