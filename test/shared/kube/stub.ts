import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/**
 * An API server that answers what it is told to, for what a client does with odd answers.
 * What it does not do: keep objects, check writes, TLS. The sandbox does those.
 */
export interface Stub {
  readonly url: string;
  /** Path of a kubeconfig for it, with token `t`. */
  readonly kubeconfig: string;
  readonly requests: Request[];
  readonly connections: () => number;
  stop(): Promise<void>;
}

export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export type Reply =
  | {
      readonly status: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  | 'reset'
  | 'hang';

export async function startStub(answer: (request: Request, count: number) => Reply): Promise<Stub> {
  const requests: Request[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const url = new URL(incoming.url ?? '/', 'http://stub');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const request = { method: incoming.method ?? '', url, headers: incoming.headers, body };
      requests.push(request);
      send(outgoing, answer(request, requests.length));
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    kubeconfig: writeKubeconfig(url),
    requests,
    connections: () => sockets.size,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(outgoing: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  const type = reply.text === undefined ? 'application/json' : 'text/plain; charset=utf-8';
  outgoing.writeHead(reply.status, { 'content-type': type, ...reply.headers });
  outgoing.end(reply.text ?? JSON.stringify(reply.json ?? {}));
}

export function writeKubeconfig(server: string, user: object = { token: 't' }, context: object = {}): string {
  const file = join(mkdtempSync(join(tmpdir(), 'gleaner-kubeconfig-')), 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', ...context } }],
    'current-context': 'x',
  };
  writeFileSync(file, stringify(config));
  return file;
}

export const failure = (
  code: number,
  reason: string,
  details: object = {},
  headers: Record<string, string> = {},
): Reply => ({
  status: code,
  headers,
  json: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'a long story', reason, details, code },
});

export const snapshotJson = (name: string, namespace = 'prod') => ({
  apiVersion: 'snapshot.storage.k8s.io/v1',
  kind: 'VolumeSnapshot',
  metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: '1' },
  spec: { source: { volumeSnapshotContentName: `${name}-vsc` } },
});
