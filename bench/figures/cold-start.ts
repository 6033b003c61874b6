import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { median, ratioFigure } from '../figure.ts';
import type { ServerName } from '../server-process.ts';
import { idleEvent, postWhenUp, startServer } from '../server-process.ts';

/** Process start → first answer, for an event that needs no cluster; and the memory of the idle process afterwards. */
export async function coldStart(runs: number): Promise<Figure[]> {
  const ms: Record<ServerName, number[]> = { bare: [], gleaner: [] };
  const rss: Record<ServerName, number[]> = { bare: [], gleaner: [] };
  for (let run = 0; run < runs; run++) {
    for (const name of ['bare', 'gleaner'] as const) {
      const server = await startServer(name);
      const status = await postWhenUp(server.port, idleEvent);
      ms[name].push(performance.now() - server.startMs);
      if (status !== 204) throw new Error(`${name} answered ${status}`);
      await sleep(300);
      rss[name].push(server.rssMiB());
      await server.stop();
    }
  }
  return [
    ratioFigure({
      name: 'cold start, event that needs no cluster',
      unit: 'ms',
      value: median(ms.gleaner),
      baseline: median(ms.bare),
      goal: 1.5,
      note: `process start to first CloudEvent answered, median of ${runs}, against a bare node:http server`,
    }),
    ratioFigure({
      name: 'memory, idle after an event',
      unit: 'MiB RSS',
      value: median(rss.gleaner),
      baseline: median(rss.bare),
      goal: 1.3,
      note: 'against a bare node:http server',
    }),
  ];
}
