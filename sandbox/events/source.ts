/**
 * The ApiServerSource's adapter: one watch per kind, every change an event, sent one after the other.
 *
 * What exists when it starts gives no event, and what happens while it is stopped is never told. Its quirks are kept:
 * the guessed plural in the subject, `/apis/v1` for the core group, the empty namespace of cluster-scoped objects.
 *
 * What it does not do: retries towards the broker (which is in the same process), selectors on namespaces, owners,
 * filters, its own permissions.
 */
import { randomUUID } from 'node:crypto';
import type { ApiClient, WatchEvent } from '../api/types.ts';
import type { Event } from './event.ts';

export interface WatchedKind {
  apiVersion: string;
  kind: string;
  selector?: { matchLabels?: Record<string, string> };
}

/** What tests do to the events on their way. */
export interface Mischief {
  /** Every event twice, as two events of different ids: the overlap of two adapters. */
  duplicate?: boolean;
  /** Events are held for a moment and sent newest first, so many at a time. */
  reverse?: number;
  /** The n-th, 2n-th … event is lost. */
  dropEvery?: number;
}

export interface SourceOptions {
  mode?: 'Reference' | 'Resource';
  resources: readonly WatchedKind[];
  /** The events' `source`. Not a name of the cluster. */
  apiServer?: string;
  ceOverrides?: { extensions?: Record<string, string> };
  mischief?: Mischief;
  /** False: it was not taken, and is lost. */
  send: (event: Event) => Promise<boolean>;
}

const verbs = { ADDED: 'add', MODIFIED: 'update', DELETED: 'delete' } as const;
const holdMs = 10;

export class ApiServerSource {
  readonly #client: ApiClient;
  readonly #options: SourceOptions;
  #reflectors: Reflector[] = [];
  #count = 0;
  /** Sent and not taken by the broker. */
  readonly lost: Event[] = [];

  constructor(client: ApiClient, options: SourceOptions) {
    this.#client = client;
    this.#options = options;
    this.start();
  }

  get busy(): boolean {
    return this.#reflectors.some((reflector) => reflector.busy);
  }

  start(): void {
    if (this.#reflectors.length > 0) return;
    this.#reflectors = this.#options.resources.map(
      (resource) =>
        new Reflector(
          this.#client,
          resource,
          (changes) => this.#send(resource, changes),
          this.#options.mischief?.reverse,
        ),
    );
  }

  /** What is on its way is still sent; what changes from now on is not seen. */
  stop(): void {
    for (const reflector of this.#reflectors) reflector.stop();
    this.#reflectors = [];
  }

  async #send(resource: WatchedKind, change: WatchEvent): Promise<void> {
    const { mischief = {}, send } = this.#options;
    this.#count++;
    if (mischief.dropEvery && this.#count % mischief.dropEvery === 0) return;
    for (let copies = mischief.duplicate ? 2 : 1; copies > 0; copies--) {
      const event = this.#event(resource, change);
      if (!(await send(event))) this.lost.push(event);
    }
  }

  #event({ apiVersion, kind }: WatchedKind, { type, object }: WatchEvent): Event {
    const { mode = 'Reference', apiServer = 'https://10.43.0.1:443', ceOverrides } = this.#options;
    const { name, namespace = '' } = object.metadata;
    return {
      specversion: '1.0',
      id: randomUUID(),
      type: `dev.knative.apiserver.${mode === 'Resource' ? 'resource' : 'ref'}.${verbs[type]}`,
      source: apiServer,
      subject: `/apis/${apiVersion}/namespaces/${namespace}/${guessPlural(kind)}/${name}`,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      kind,
      apiversion: apiVersion,
      name,
      namespace,
      ...ceOverrides?.extensions,
      data: mode === 'Resource' ? object : { kind, ...(namespace ? { namespace } : {}), name, apiVersion },
    };
  }
}

/** One watch and the queue behind it: sending is synchronous, so a slow sink holds up what comes after. */
class Reflector {
  #queue: WatchEvent[] = [];
  #sending = false;
  readonly #selected = new Set<string>();
  readonly #unwatch: () => void;
  readonly #batch: number | undefined;
  readonly #send: (change: WatchEvent) => Promise<void>;

  constructor(
    client: ApiClient,
    { apiVersion, kind, selector }: WatchedKind,
    send: (change: WatchEvent) => Promise<void>,
    batch: number | undefined,
  ) {
    this.#send = send;
    this.#batch = batch;
    const wanted = Object.entries(selector?.matchLabels ?? {});
    let past = wanted.length > 0;
    this.#unwatch = client.watch(
      `${apiVersion}/${kind}`,
      (change) => {
        const told = wanted.length > 0 ? this.#select(change, wanted) : change;
        if (!told || past) return;
        this.#queue.push(told);
        void this.#pump();
      },
      // With a selector it must know which objects matched before.
      { initial: past },
    );
    if (past) queueMicrotask(() => (past = false));
  }

  get busy(): boolean {
    return this.#sending || this.#queue.length > 0;
  }

  stop(): void {
    this.#unwatch();
  }

  /** An object that stops matching is told as deleted, one that starts matching as added. */
  #select(change: WatchEvent, wanted: [string, string][]): WatchEvent | undefined {
    const { metadata } = change.object;
    const key = `${metadata.namespace}/${metadata.name}`;
    const matches = change.type !== 'DELETED' && wanted.every(([name, value]) => metadata.labels?.[name] === value);
    const matched = this.#selected.has(key);
    if (matches) this.#selected.add(key);
    else this.#selected.delete(key);
    if (!matches && !matched) return undefined;
    return { type: matches ? (matched ? 'MODIFIED' : 'ADDED') : 'DELETED', object: change.object };
  }

  async #pump(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#queue.length > 0) {
      if (this.#batch) await new Promise<void>((resolve) => setTimeout(resolve, holdMs));
      const changes = this.#queue.splice(0, this.#batch ?? 1).reverse();
      for (const change of changes) await this.#send(change);
    }
    this.#sending = false;
  }
}

/** Knative guesses; it does not ask the server. */
export function guessPlural(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith('endpoints')) return lower;
  if (lower.endsWith('s')) return `${lower}es`;
  if (lower.endsWith('y')) return `${lower.slice(0, -1)}ies`;
  return `${lower}s`;
}
