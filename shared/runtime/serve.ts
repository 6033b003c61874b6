import type { AnyFunction } from '../function.ts';
import { startServer } from './server.ts';
import { SettingsError } from './settings.ts';
import type { Started } from './start.ts';
import { start } from './start.ts';

/**
 * Runs a whole process: one function at `/` (FUNCTION), or each at `/<name>`. Prints configuration errors and sets exit
 * code 1 instead of throwing.
 * @param functions may be a subset, to start faster
 * @param withAll serves instead if the settings name a function, or a policy of a function, that is not in `functions`
 */
export async function serve(functions: readonly AnyFunction[], withAll?: () => Promise<unknown>): Promise<void> {
  try {
    await listen(start(functions, process.env));
  } catch (error) {
    if (error instanceof SettingsError && withAll !== undefined) return void (await withAll());
    console.error(error instanceof SettingsError ? error.message : error);
    process.exitCode = 1;
  }
}

async function listen({ settings, runner, log, metrics }: Started): Promise<void> {
  const only = settings.function;
  const names: ReadonlySet<string> = new Set(settings.configs.keys());
  const server = await startServer({
    port: settings.port,
    functionAt: (path) => {
      if (only !== undefined && (path === '/' || path === `/${only}`)) return only;
      return only === undefined && names.has(path.slice(1)) ? path.slice(1) : undefined;
    },
    bodyLimitBytes: settings.bodyLimitBytes,
    runner,
    log,
    metrics: () => metrics.text(),
  });
  const served = only ?? [...names].join(', ');
  log.info('listening', { port: server.port, functions: served, mode: settings.mode, node: process.version });

  const stop = (signal: string) => {
    log.info('stopping', { signal });
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
