import type { OptionSpec } from './command.ts';
import { UsageError } from './command.ts';

/** Options that several commands share, spelled as in kubectl. */

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export const clusterOptions: readonly OptionSpec[] = [
  { flags: '--kubeconfig <file>', description: 'kubeconfig to use (default: $KUBECONFIG, ~/.kube/config, in-cluster)' },
  { flags: '--context <name>', description: 'kubeconfig context to use' },
];

export interface ScopeOptions {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly function?: readonly string[];
}

export const functionOption: OptionSpec = {
  flags: '--function <name>',
  list: true,
  description: 'only these functions (default: all)',
};

export const scopeOptions: readonly OptionSpec[] = [
  {
    flags: '-n, --namespace <name>',
    description: 'only VMBackups in this namespace, and contents whose snapshot is in it (default: all namespaces)',
  },
  { flags: '-A, --all-namespaces', description: 'all namespaces (the default)' },
  {
    flags: '-l, --selector <labels>',
    description: 'only VMBackups with these labels, and the contents that their volumes use',
  },
  functionOption,
];

const outputFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface OutputOptions {
  readonly output: OutputFormat;
}

export const outputOption: OptionSpec = {
  flags: '-o, --output <format>',
  description: 'output format',
  choices: outputFormats,
  default: 'table',
};

export interface VerboseOptions {
  readonly verbose?: boolean;
}

export const verboseOption: OptionSpec = {
  flags: '-v, --verbose',
  description: 'more detail on stderr: stack traces, every event',
};

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/**
 * Parses a duration as kubectl does (`90s`, `5m`, `1h30m`).
 * @throws UsageError
 */
export function parseDurationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new UsageError(`invalid duration "${text}" (examples: 90s, 5m, 1h30m)`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit as keyof typeof unitMs], 0);
}

/** @throws UsageError */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`invalid port "${text}"`);
  return port;
}
