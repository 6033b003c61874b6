/** A bare HTTPS client: the contract is about what goes over the wire, so no Kubernetes library is used. */
import https from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface Connection {
  /** `https://host:port` */
  url: string;
  /** PEM of the authority that signed the server's certificate. */
  caCert: string;
  /** May do everything. */
  adminToken: string;
  /** A token for each user that the suite asked `connect` for. They have no rights until the suite binds roles. */
  tokenFor(user: string): string;
  /** True when garbage collector and namespace controller run beside the API server. */
  controllers: boolean;
  /** Makes everything that was until now too old to be read: etcd compacted, caches empty. */
  forgetHistory(): Promise<void>;
  stop(): Promise<void>;
}

export interface CallOptions {
  /** Text and bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  query?: Record<string, string>;
  /** A bearer token instead of the administrator's; null sends none. */
  token?: string | null;
  contentType?: string;
  accept?: string;
}

export interface Reply {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The parsed body; undefined where it is not JSON. */
  body: any;
}

export interface WatchedEvent {
  type: string;
  object: any;
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** Longer than any server needs, shorter than a test may last. */
const PATIENCE_MS = 30_000;

export class Client {
  readonly #connection: Connection;
  readonly #agent: https.Agent;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#agent = new https.Agent({ keepAlive: true, ca: connection.caCert });
  }

  close(): void {
    this.#agent.destroy();
  }

  get(path: string, options: CallOptions = {}): Promise<Reply> {
    return this.call('GET', path, options);
  }

  post(path: string, body: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('POST', path, { ...options, body });
  }

  put(path: string, body: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('PUT', path, { ...options, body });
  }

  delete(path: string, options: CallOptions = {}): Promise<Reply> {
    return this.call('DELETE', path, options);
  }

  jsonPatch(path: string, operations: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('PATCH', path, { ...options, body: operations, contentType: JSON_PATCH });
  }

  mergePatch(path: string, patch: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('PATCH', path, { ...options, body: patch, contentType: MERGE_PATCH });
  }

  /** Server-side apply. */
  apply(path: string, object: unknown, options: CallOptions = {}): Promise<Reply> {
    const query = { fieldManager: 'contract', ...options.query };
    return this.call('PATCH', path, { ...options, query, body: object, contentType: APPLY_PATCH });
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const response = await this.#send(method, path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return { code: response.statusCode ?? 0, headers: response.headers, text, body };
  }

  /** Opens a watch; end it with `close`. */
  async watch(path: string, query: Record<string, string> = {}, options: CallOptions = {}): Promise<Watch> {
    return new Watch(await this.#send('GET', path, { ...options, query: { watch: '1', ...query } }));
  }

  #send(method: string, path: string, options: CallOptions): Promise<IncomingMessage> {
    const { body, query = {}, token = this.#connection.adminToken, contentType = 'application/json' } = options;
    const url = new URL(path, this.#connection.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const text =
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const headers = {
      accept: options.accept ?? 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      // Node sends the body of a DELETE without its length unless told.
      ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const request = https.request(url, { method, headers, agent: this.#agent }, resolve);
      request.on('error', reject);
      request.end(text);
    });
  }
}

/** One watch stream. */
export class Watch {
  readonly code: number;
  readonly events: WatchedEvent[] = [];
  ended = false;
  readonly #response: IncomingMessage;
  #wake: () => void = () => undefined;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.code = response.statusCode ?? 0;
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) this.events.push(JSON.parse(line) as WatchedEvent);
      this.#wake();
    });
    const end = (): void => {
      this.ended = true;
      this.#wake();
    };
    response.on('end', end);
    response.on('error', end);
  }

  /** Waits until the events say so; fails with what was seen instead. */
  async until(holds: (watch: Watch) => boolean): Promise<WatchedEvent[]> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!holds(this)) {
      const left = deadline - Date.now();
      if (left <= 0 || this.ended) throw new Error(`the watch ended in vain; seen: ${JSON.stringify(this.summary())}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.events;
  }

  async untilEnded(): Promise<WatchedEvent[]> {
    return this.until((watch) => watch.ended);
  }

  /** `ADDED a`, without bookmarks. */
  summary(): string[] {
    return this.events
      .filter((event) => event.type !== 'BOOKMARK')
      .map((event) => `${event.type} ${event.object.metadata?.name ?? event.object.reason}`);
  }

  close(): void {
    this.#response.destroy();
  }
}

/** Repeats until it holds: for what the server does in the background. */
export async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
