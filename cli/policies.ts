import type { AnyFunction } from '../shared/function.ts';
import type { OptionSpec } from './command.ts';
import { UsageError } from './command.ts';
import { allFunctions } from './functions.ts';

/** Options for the functions' policies, derived from their config schemas. */

export interface PolicyOptions {
  readonly policy?: readonly string[];
  /** Short options, by key: `--procedure swap`. */
  readonly [key: string]: unknown;
}

interface PolicyKey {
  readonly fn: AnyFunction;
  readonly key: string;
  readonly choices: readonly string[] | undefined;
}

const keys: readonly PolicyKey[] = allFunctions.flatMap((fn) => {
  const { shape = {} } = fn.config as { shape?: Record<string, unknown> };
  return Object.entries(shape).map(([key, schema]) => ({ fn, key, choices: choicesOf(schema) }));
});
// An enum that only one function has gets an option of its own.
const short = keys.filter(
  ({ key, choices }) => choices !== undefined && keys.filter((other) => other.key === key).length === 1,
);

export const policyOptions: readonly OptionSpec[] = [
  ...short.map(({ fn, key, choices }): OptionSpec => ({
    flags: `--${kebab(key)} <${kebab(key)}>`,
    description: `policy of ${fn.name}; see docs/functions.md`,
    choices: choices ?? [],
  })),
  {
    flags: '--policy <function.key=value...>',
    description: 'any policy of a function, e.g. fix-handle.procedure=swap',
  },
];

/**
 * Returns each function's config as the options set it.
 * @throws UsageError
 */
export function configsFrom(options: PolicyOptions): (fn: AnyFunction) => unknown {
  const given = new Map<string, Record<string, string>>(allFunctions.map(({ name }) => [name, {}]));
  for (const { fn, key } of short) {
    const value = options[camel(key)];
    if (typeof value === 'string') given.get(fn.name)![key] = value;
  }
  for (const text of options.policy ?? []) {
    const [, name = '', key = '', value = ''] = /^([^.=]+)\.([^=]+)=(.*)$/.exec(text) ?? [];
    const known = keys.some((one) => one.fn.name === name && one.key === key);
    if (!known) throw new UsageError(`unknown policy "${text}" (known: ${keys.map(describeKey).join(', ')})`);
    given.get(name)![key] = value;
  }
  const configs = new Map(
    allFunctions.map((fn) => {
      const parsed = fn.config.safeParse(given.get(fn.name));
      if (parsed.success) return [fn.name, parsed.data as unknown];
      const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
      const invalid = keys.filter((one) => one.fn === fn && wrong.has(one.key));
      throw new UsageError(
        invalid
          .map(({ key, choices }) => {
            const value = given.get(fn.name)?.[key] ?? '';
            return `invalid value "${value}" for ${fn.name}.${key}${choices === undefined ? '' : ` (${choices.join(', ')})`}`;
          })
          .join('; '),
      );
    }),
  );
  return (fn) => configs.get(fn.name);
}

const describeKey = ({ fn, key, choices }: PolicyKey): string =>
  `${fn.name}.${key}${choices === undefined ? '' : `=${choices.join('|')}`}`;

/** The choices of an enum schema, also one with a default. */
function choicesOf(schema: unknown): readonly string[] | undefined {
  // The common part of zod's classic and mini schemas.
  const { def } = (schema as { _zod: { def: { entries?: Record<string, unknown>; innerType?: unknown } } })._zod;
  if (def.entries !== undefined) return Object.values(def.entries).filter((entry) => typeof entry === 'string');
  return def.innerType === undefined ? undefined : choicesOf(def.innerType);
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The name under which commander stores a kebab-case option. */
const camel = (key: string): string => kebab(key).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
