import { startServer } from '../shared/runtime/server.ts';
import { SettingsError } from '../shared/runtime/settings.ts';
import { start } from '../shared/runtime/start.ts';
import type { AnyFunction } from '../shared/function.ts';
import * as functions from './index.ts';

/** `npm start`: one function at `/` (FUNCTION), or each at `/<name>`. */
const all: readonly AnyFunction[] = Object.values(functions);
const names: ReadonlySet<string> = new Set(all.map((fn) => fn.name));

try {
  const { settings, runner, log, metrics } = start(all, process.env);
  const only = settings.function;
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
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
}
