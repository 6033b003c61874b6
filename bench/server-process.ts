import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The servers to compare, started as in a container. */
const servers = {
  bare: fileURLToPath(new URL('bare-server.cjs', import.meta.url)),
  gleaner: fileURLToPath(new URL('../dist/serve.cjs', import.meta.url)),
} as const;
export type ServerName = keyof typeof servers;

export interface Event {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An event whose payload shows that nothing is to be done: a content of another driver, of the usual size. */
export const idleEvent: Event = contentEvent({
  apiVersion: 'snapshot.storage.k8s.io/v1',
  kind: 'VolumeSnapshotContent',
  metadata: {
    name: 'snapcontent-0d6a3c9e-6f2b-4c2e-9a43-3f3a1c0a77d1',
    uid: '5a0f6b8e-9f0b-4d6e-8a52-9d5f2b7a1c11',
    resourceVersion: '48213377',
    creationTimestamp: '2026-03-01T02:03:04Z',
    finalizers: ['snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection'],
    annotations: { 'snapshot.storage.kubernetes.io/deletion-secret-name': 'csi' },
  },
  spec: {
    driver: 'rook-ceph.rbd.csi.ceph.com',
    deletionPolicy: 'Delete',
    source: { volumeHandle: '0001-0009-rook-ceph-0000000000000002-5f9b3a2e' },
    sourceVolumeMode: 'Block',
    volumeSnapshotClassName: 'ceph-block',
    volumeSnapshotRef: { name: 'db-nightly', namespace: 'prod', uid: '0d6a3c9e-6f2b-4c2e-9a43-3f3a1c0a77d1' },
  },
  status: { readyToUse: true, restoreSize: 10737418240, snapshotHandle: '0001-0009-rook-ceph-snap-1' },
});

export function contentEvent<T extends { readonly metadata: { readonly name: string } }>(content: T): Event {
  return {
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'bench',
      'ce-source': 'https://10.43.0.1:443',
      'ce-type': 'dev.knative.apiserver.resource.update',
      'ce-kind': 'VolumeSnapshotContent',
      'ce-apiversion': 'snapshot.storage.k8s.io/v1',
      'ce-name': content.metadata.name,
      'ce-namespace': '',
    },
    body: JSON.stringify(content),
  };
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** Time just before the process was spawned. */
  readonly startMs: number;
  rssMiB(): number;
  stop(): Promise<void>;
}

export async function startServer(name: ServerName, environment: Record<string, string> = {}): Promise<ServerProcess> {
  const port = await freePort();
  const env = { PATH: process.env['PATH'], PORT: String(port), FUNCTION: 'fix-handle', ...environment };
  const startMs = performance.now();
  const child = spawn(process.execPath, [servers[name]], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    child,
    port,
    startMs,
    rssMiB: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1024,
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Posts repeatedly until the server answers. */
export async function postWhenUp(port: number, event: Event): Promise<number> {
  for (;;) {
    const status = await post(port, event).catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof status === 'number') return status;
    if (status !== 'ECONNREFUSED') throw new Error(`no answer: ${status}`);
    await sleep(1);
  }
}

function post(port: number, { headers, body }: Event): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method: 'POST', headers, agent: false }, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
