import type { AnyFunction } from '../function.ts';
import { createCluster } from './cluster.ts';
import type { Log } from './log.ts';
import { createLog } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createMetrics } from './metrics.ts';
import type { Runner } from './runner.ts';
import { createRunner } from './runner.ts';
import type { Settings } from './settings.ts';
import { createSweepScheduler } from './sweep-scheduler.ts';
import { readSettings } from './settings.ts';

export interface Started {
  readonly settings: Settings;
  readonly runner: Runner;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Builds everything that a process which serves functions needs. Connects to nothing.
 * @throws SettingsError
 */
export function start(functions: readonly AnyFunction[], environment: NodeJS.ProcessEnv): Started {
  const settings = readSettings(environment, functions);
  const log = createLog({ level: settings.logLevel });
  const metrics = createMetrics();
  const cluster = createCluster(settings);
  const runner = createRunner({ functions, settings, cluster, sweep: createSweepScheduler(settings), log, metrics });
  return { settings, runner, log, metrics };
}
