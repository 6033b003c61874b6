/**
 * The cluster's DNS and network for Knative's processes: a forward proxy that knows which port a name means. The Host
 * header is kept, for the dispatcher tells channels apart by it.
 *
 * Not doubled: HTTPS between parts, network policies, retries of an activator.
 */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BedState } from '../state.ts';
import type { Serving } from './serving.ts';

const DISPATCHER_PORT = 8080;

export async function startNetwork({ ports }: BedState, serving: Serving): Promise<void> {
  const fixed = (host: string): number | undefined => {
    if (host.startsWith('broker-ingress.')) return ports.ingress;
    if (host.startsWith('broker-filter.')) return ports.filter;
    if (host.includes('-kn-channel.') || host.startsWith('imc-dispatcher.')) return DISPATCHER_PORT;
    return undefined;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const port = fixed(url.hostname);
    const entered = port === undefined ? serving.enter(url.hostname) : Promise.resolve({ port, done: () => {} });
    entered.then(
      (to) =>
        to ? forward(request, response, url, to) : void response.writeHead(404).end(`nobody is ${url.hostname}`),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  await new Promise<void>((done) => server.listen(ports.proxy, '127.0.0.1', done));
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  to: { port: number; done: () => void },
): void {
  const headers = { ...request.headers, host: url.host };
  process.stdout.write(`> ${url.host} ${String(request.headers['ce-type'] ?? '')}\n`);
  // No connection is kept: one that the other end closes in the same moment would look like a function that died.
  const at = { host: '127.0.0.1', port: to.port, path: url.pathname + url.search };
  const onward = httpRequest({ ...at, method: request.method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    process.stdout.write(
      `${request.method} ${url.host}${url.pathname} ${answer.statusCode} ${String(request.headers['ce-type'] ?? '')}\n`,
    );
  });
  response.on('close', () => to.done());
  onward.on('error', (error) => response.writeHead(503).end(String(error)));
  request.pipe(onward);
}
