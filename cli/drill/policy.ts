import type { AnyFunction } from '../../shared/function.ts';
import { UsageError } from '../command.ts';
import type { DryRunOptions } from '../dry-run.ts';
import { functionsNamed } from '../functions.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';

export interface DrillOptions extends ClusterOptions, OutputOptions, VerboseOptions, DryRunOptions {
  readonly namespace?: string;
  readonly namespaceForDrill: string;
  readonly timeout: number;
  readonly maxSize?: number;
  readonly read?: boolean;
  readonly readImage?: string;
  readonly clean?: boolean;
}

export const drillFunction: AnyFunction = functionsNamed(['drill-restore'])[0]!;

/**
 * The drill policy from the command line. A VMBackup that is named is drilled now, whenever its last drill was.
 * @throws UsageError
 */
export function policyOf(options: DrillOptions, sinceMs: number, drills: 'on' | 'clean' = 'on'): unknown {
  const { namespaceForDrill, timeout, maxSize, read, readImage } = options;
  const parsed = drillFunction.config.safeParse({
    drills,
    namespace: namespaceForDrill,
    makeNamespace: 'yes',
    timeoutMinutes: Math.max(1, Math.ceil(timeout / 60_000)),
    ...(maxSize !== undefined && { maxSizeGib: maxSize }),
    read: read === true ? 'on' : 'off',
    ...(readImage !== undefined && { readImage }),
    after: new Date(sinceMs).toISOString(),
  });
  if (parsed.success) return parsed.data;
  const flags: Record<string, string> = {
    namespace: '--namespace-for-drill is not a valid namespace name',
    timeoutMinutes: '--timeout must be at most a week',
    maxSizeGib: '--max-size must be at most 1048576 GiB',
    readImage: '--read-image is empty',
  };
  throw new UsageError(flags[String(parsed.error.issues[0]?.path[0])] ?? 'invalid option value');
}
