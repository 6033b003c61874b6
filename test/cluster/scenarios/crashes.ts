/** Programs of a bed that die without warning (kill -9), and come back as whoever looks after them would bring them. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../processes.ts';
import { processes, start, stop } from '../processes.ts';
import type { BedState } from '../state.ts';

/** Kills a program at once; what it gives starts the same program again, with the same arguments and environment. */
export async function crash(bed: BedState, name: string): Promise<(ready: Program['ready']) => Promise<void>> {
  const found = (await processes(bed.run)).find((it) => it.name === name);
  if (!found?.alive) throw new Error(`${name} does not run`);
  const [command = '', ...args] = await nulSeparated(found.pid, 'cmdline');
  const env = Object.fromEntries((await nulSeparated(found.pid, 'environ')).map(keyAndValue));
  await stop(bed.run, name, 'SIGKILL');
  return (ready) => start(bed.run, { name, command, args, env, ready });
}

/** Programs that ended although nobody stopped them. */
export const dead = async (bed: BedState): Promise<string[]> =>
  (await processes(bed.run)).filter(({ alive }) => !alive).map(({ name }) => name);

const nulSeparated = async (pid: number, file: string): Promise<string[]> =>
  (await readFile(`/proc/${pid}/${file}`, 'utf8')).split('\0').slice(0, -1);

function keyAndValue(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Waits, to the millisecond or so, until users whose name begins so have made that many writes from now on. */
export async function afterWrites(
  bed: BedState,
  { by, count, timeoutMs }: { by: string; count: number; timeoutMs: number },
): Promise<number> {
  const log = await open(join(bed.run, 'logs', 'audit.log'));
  try {
    const end = Date.now() + timeoutMs;
    const buffer = Buffer.alloc(1 << 20);
    let { size: offset } = await log.stat();
    let rest = '';
    let seen = 0;
    while (seen < count && Date.now() < end) {
      const { bytesRead } = await log.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) {
        await sleep(2);
        continue;
      }
      offset += bytesRead;
      const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const it = JSON.parse(line);
        if (it.stage === 'ResponseComplete' && it.responseStatus.code < 300 && it.user.username.startsWith(by)) seen++;
      }
    }
    return seen;
  } finally {
    await log.close();
  }
}

export interface Ticking {
  /** Ends it; gives the status of every tick that was answered, with the function it went to. Once. */
  stop(): Promise<{ readonly to: string; readonly status: number }[]>;
}

/** Sends functions (name → address) a tick again and again, as a PingSource does, whether or not the last is answered. */
export function tick(functions: Readonly<Record<string, string>>, everyMs: number): Ticking {
  let stopped = false;
  let id = 0;
  let sent: Promise<{ to: string; status: number } | undefined>[] = [];
  const running = (async () => {
    while (!stopped) {
      for (const [to, url] of Object.entries(functions))
        sent.push(
          ping(url, `tick-${id}`).then(
            (status) => ({ to, status }),
            () => undefined, // nobody was there, or died over it
          ),
        );
      id++;
      await sleep(everyMs);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await running;
      const answers = (await Promise.all(sent)).filter((it) => it !== undefined);
      sent = [];
      return answers;
    },
  };
}

export const ping = (url: string, id: string): Promise<number> =>
  fetch(url, {
    method: 'POST',
    headers: {
      ...{ 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/bed', 'ce-type': 'dev.knative.sources.ping' },
      'content-type': 'application/json',
    },
    body: '{}',
  }).then(async (answer) => {
    await answer.arrayBuffer();
    return answer.status;
  });
