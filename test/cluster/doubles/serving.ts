/**
 * Knative Serving's part: a Service gets an address; its first request starts the function's process, with the
 * environment of its template and the token of its service account; some idle time stops it again.
 *
 * Not doubled: revisions, traffic, containers and images (the function is run from the source tree), probes,
 * concurrency limits, more than one pod, TLS.
 */
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Client, KubeObject } from '../client.ts';
import { refOf } from '../client.ts';
import { freePorts } from '../control-plane.ts';
import { start, stop } from '../processes.ts';
import type { BedState } from '../state.ts';
import { kubeconfigFor } from './accounts.ts';

const API = 'serving.knative.dev/v1';
const SERVER = join(import.meta.dirname, '..', '..', '..', 'functions', 'serve.ts');
const IDLE_MS = 20_000;

interface Running {
  readonly port: number;
  requests: number;
  idleSince: number;
}

export class Serving {
  readonly #bed: BedState;
  readonly #client: Client;
  readonly #running = new Map<string, Promise<Running>>();

  constructor(bed: BedState, client: Client) {
    this.#bed = bed;
    this.#client = client;
    setInterval(() => void this.#stopIdle(), 1_000);
  }

  /** Says where each Service is. */
  async giveAddresses(): Promise<void> {
    for (const service of await this.#client.list(API, 'Service')) {
      if (service['status']?.address) continue;
      const url = `http://${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`;
      const conditions = ['ConfigurationsReady', 'Ready', 'RoutesReady'].map((type) => ({ type, status: 'True' }));
      await this.#client.patchStatus(refOf(service), {
        observedGeneration: service.metadata['generation'],
        address: { url },
        url,
        conditions,
      });
    }
  }

  /** Port for a request to a host like `name.namespace.svc…`, starting the function if it is at zero; `done` ends it. */
  async enter(host: string): Promise<{ port: number; done: () => void } | undefined> {
    const [name = '', namespace = ''] = host.split('.');
    const key = `function-${namespace}-${name}`;
    // What runs is found without the API server, as an activator's caches find it.
    let starting = this.#running.get(key);
    if (!starting) {
      const service = await this.#client.find({ apiVersion: API, kind: 'Service', namespace, name });
      if (!service) return undefined;
      starting = this.#running.get(key) ?? this.#start(key, service);
      this.#running.set(key, starting);
      starting.catch(() => this.#running.delete(key));
    }
    const it = await starting;
    it.requests++;
    return {
      port: it.port,
      done: () => {
        it.requests--;
        it.idleSince = Date.now();
      },
    };
  }

  async #start(key: string, service: KubeObject): Promise<Running> {
    const { spec } = service['spec'].template;
    const [{ env = [] }] = spec.containers;
    const { port } = await freePorts(['port']);
    const namespace = service.metadata.namespace ?? 'default';
    await start(this.#bed.run, {
      name: key,
      command: process.execPath,
      args: [SERVER],
      env: {
        ...Object.fromEntries(env.map((it: any) => [it.name, it.value ?? ''])),
        PORT: String(port),
        K_SERVICE: service.metadata.name,
        KUBECONFIG: await kubeconfigFor(this.#bed, this.#client, namespace, spec.serviceAccountName ?? 'default'),
      },
      ready: () => answers(port),
    });
    process.stdout.write(`started ${key}\n`);
    return { port, requests: 0, idleSince: Date.now() };
  }

  async #stopIdle(): Promise<void> {
    for (const [key, starting] of this.#running) {
      const it = await starting.catch(() => undefined);
      if (!it || it.requests > 0 || Date.now() - it.idleSince < IDLE_MS) continue;
      this.#running.delete(key);
      await stop(this.#bed.run, key);
      process.stdout.write(`stopped ${key}\n`);
    }
  }
}

/** Whether anything listens. */
function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => (socket.destroy(), done(true)));
    socket.once('error', () => done(false));
  });
}
