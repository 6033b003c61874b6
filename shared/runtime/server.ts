import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NotAnEventError, fromHttp } from '../events/http.ts';
import { readBody } from './body.ts';
import type { Answer } from './answer.ts';
import { EventRefused, failure } from './answer.ts';
import { CONTENT_TYPE } from './exposition.ts';
import type { Log } from './log.ts';
import type { Runner } from './runner.ts';

export interface ServerOptions {
  readonly port: number;
  /** The function for events posted to this path; `undefined` if there is none. */
  readonly functionAt: (path: string) => string | undefined;
  readonly bodyLimitBytes: number;
  readonly runner: Runner;
  readonly log: Log;
  /** The body of GET /metrics. Absent: the path is not served. */
  readonly metrics?: () => string;
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  /** Refuses new requests, finishes those in flight, then closes. */
  stop(): Promise<void>;
}

const healthPaths: ReadonlySet<string> = new Set(['/health/liveness', '/health/readiness', '/healthz']);
/** Longer than the idle limit of Go's clients (90 s), so that the sender closes idle connections. */
const KEEP_ALIVE_MS = 120_000;
const REQUEST_MS = 30_000;

/**
 * Serves CloudEvents over HTTP according to Knative's container contract.
 * @throws the error of listening, for example when the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { runner, log } = options;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, (request, response) => {
    answerRequest(request, options).then(
      (answer) => send(request, response, answer, runner.stopping),
      (error: unknown) => {
        log.error('request failed', { error: error instanceof Error ? error.stack : typeof error });
        send(request, response, failure('bug', 'internal error, see the log'), true);
      },
    );
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async stop() {
      await runner.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

async function answerRequest(request: IncomingMessage, options: ServerOptions): Promise<Answer> {
  const { runner, functionAt, bodyLimitBytes } = options;
  const method = request.method ?? '';
  const [path = '/'] = (request.url ?? '/').split('?');
  if (healthPaths.has(path) && (method === 'GET' || method === 'HEAD')) {
    const ready = path !== '/health/readiness' || !runner.stopping;
    return ready ? plain(200, 'OK') : failure('later', 'shutting down');
  }
  if (path === '/metrics' && options.metrics !== undefined && (method === 'GET' || method === 'HEAD')) {
    return { statusCode: 200, headers: { 'content-type': CONTENT_TYPE }, body: options.metrics() };
  }
  const name = functionAt(path);
  if (name === undefined) {
    return method === 'POST' ? failure('misdirected', 'no function at this path') : plain(404, 'not found');
  }
  if (method !== 'POST') return failure('methodNotAllowed', 'events are posted', { allow: 'POST' });
  return runner.answer(name, async () => eventIn(request, await readBody(request, bodyLimitBytes)));
}

async function eventIn(request: IncomingMessage, body: string): Promise<unknown> {
  try {
    return await fromHttp(request.headers, body);
  } catch (error) {
    throw error instanceof NotAnEventError ? new EventRefused(failure('malformed', error.message)) : error;
  }
}

const plain = (statusCode: number, body: string): Answer => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

function send(request: IncomingMessage, response: ServerResponse, answer: Answer, last: boolean): void {
  // Discard the unread body, so that the sender can receive the response.
  if (!request.complete) request.resume();
  const headers = {
    ...answer.headers,
    ...(answer.statusCode !== 204 && { 'content-length': Buffer.byteLength(answer.body) }),
    ...((last || !request.complete) && { connection: 'close' }),
  };
  response.writeHead(answer.statusCode, headers);
  response.end(answer.body === '' || request.method === 'HEAD' ? undefined : answer.body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
}
