import { connect } from 'node:net';
import { once } from 'node:events';
import type { Figure } from '../figure.ts';
import { median, ratioFigure } from '../figure.ts';
import type { ServerName } from '../server-process.ts';
import { idleEvent, postWhenUp, startServer } from '../server-process.ts';

const CONNECTIONS = 8;

/** Events per second that need no cluster, over keep-alive connections, compared with a bare server that parses the same JSON. */
export async function throughput(rounds: number, roundMs: number): Promise<Figure[]> {
  const names = ['bare', 'gleaner'] as const;
  const perSecond: Record<ServerName, number[]> = { bare: [], gleaner: [] };
  const running = { bare: await startServer('bare'), gleaner: await startServer('gleaner') };
  for (const name of names) {
    await postWhenUp(running[name].port, idleEvent);
    await load(running[name].port, roundMs);
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of names) perSecond[name].push((await load(running[name].port, roundMs)) / (roundMs / 1000));
  }
  for (const name of names) await running[name].stop();
  return [
    ratioFigure({
      name: 'events a second that need no cluster',
      unit: '1/s',
      value: median(perSecond.gleaner),
      baseline: median(perSecond.bare),
      goal: 0.6,
      atLeast: true,
      note: `one process, ${CONNECTIONS} connections, against a bare server that parses the same JSON`,
    }),
  ];
}

/** Uses raw sockets, so that the sender is not the bottleneck. Returns how many events were answered. */
async function load(port: number, forMs: number): Promise<number> {
  const head = Object.entries(idleEvent.headers).map(([key, value]) => `${key}: ${value}`);
  const length = `content-length: ${Buffer.byteLength(idleEvent.body)}`;
  const message = Buffer.from(['POST / HTTP/1.1', 'host: bench', ...head, length, '', idleEvent.body].join('\r\n'));
  const endMs = performance.now() + forMs;
  let answered = 0;
  const senders = Array.from({ length: CONNECTIONS }, async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(message);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      // A 204 has no body: the answer ends with its headers.
      if (!chunk.subarray(-4).equals(Buffer.from('\r\n\r\n'))) continue;
      if (performance.now() > endMs) break;
      answered++;
      socket.write(message);
    }
    socket.destroy();
  });
  await Promise.all(senders);
  return answered;
}
