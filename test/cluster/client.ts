/**
 * A small client for the bed itself: plain requests, so that it hides nothing and shares no mistake with the product.
 * Objects are named by kind; their paths come from the server's own discovery.
 */
import { Agent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [key: string]: any;
  };
  [key: string]: any;
}

export interface Answer {
  readonly status: number;
  readonly body: any;
}

export interface Reference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface Access {
  readonly server: string;
  readonly token: string;
  /** PEM; without it the server's certificate is not checked (only before the server has written one). */
  readonly ca?: string;
}

const types = {
  json: 'application/json',
  merge: 'application/merge-patch+json',
  jsonPatch: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Thrown for any answer of 400 and above; `status` is the code. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  constructor(method: string, path: string, answer: Answer) {
    super(`${method} ${path}: ${answer.status} ${answer.body?.message ?? JSON.stringify(answer.body)}`);
    this.status = answer.status;
  }
}

export class Client {
  readonly #agent: Agent;
  readonly #access: Access;
  readonly #known = new Map<string, Resource[]>();

  constructor(access: Access) {
    this.#access = access;
    this.#agent = new Agent({
      keepAlive: true,
      ...(access.ca === undefined ? { rejectUnauthorized: false } : { ca: access.ca }),
    });
  }

  /** One request, whatever the answer's code. */
  async raw(method: string, path: string, body?: unknown, type: string = types.json): Promise<Answer> {
    const { server, token } = this.#access;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((done, fail) => {
      const sent = httpsRequest(
        new URL(path, server),
        {
          method,
          agent: this.#agent,
          timeout: 30_000,
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'application/json',
            ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
          },
        },
        (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
          response
            .on('error', fail)
            .on('end', () => done({ status: response.statusCode ?? 0, body: parsed(received) }));
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
      sent.on('error', fail).end(text);
    });
  }

  /** One request that must succeed; gives the body. */
  async request(method: string, path: string, body?: unknown, type?: string): Promise<any> {
    const answer = await this.raw(method, path, body, type);
    if (answer.status >= 400) throw new ApiError(method, path, answer);
    return answer.body;
  }

  async find(ref: Reference): Promise<KubeObject | undefined> {
    const path = await this.path(ref);
    const answer = await this.raw('GET', path);
    if (answer.status === 404) return undefined;
    if (answer.status >= 400) throw new ApiError('GET', path, answer);
    return answer.body;
  }

  async list(
    apiVersion: string,
    kind: string,
    { namespace, query = '' }: { namespace?: string; query?: string } = {},
  ): Promise<KubeObject[]> {
    const path = await this.path(
      { apiVersion, kind, name: '', ...(namespace === undefined ? {} : { namespace }) },
      namespace !== undefined,
    );
    const { items } = await this.request('GET', `${path.replace(/\/$/, '')}${query}`);
    return items.map((item: object) => ({ apiVersion, kind, ...item })); // items of built-in kinds come without them
  }

  async create(object: KubeObject): Promise<KubeObject> {
    return this.request('POST', (await this.path({ ...refOf(object), name: '' })).replace(/\/$/, ''), object);
  }

  /** Server-side apply of the object and, where the kind has one, of its status. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const path = await this.path(refOf(object));
    const applied = await this.request('PATCH', `${path}?fieldManager=bed&force=true`, object, types.apply);
    if (object['status'] === undefined || !(await this.#has(object, '/status'))) return applied;
    return this.patchStatus(refOf(object), object['status']);
  }

  async patch(
    ref: Reference,
    patch: unknown,
    type: string = Array.isArray(patch) ? types.jsonPatch : types.merge,
  ): Promise<KubeObject> {
    return this.request('PATCH', await this.path(ref), patch, type);
  }

  async patchStatus(ref: Reference, status: unknown): Promise<KubeObject> {
    return this.request('PATCH', `${await this.path(ref)}/status`, { status }, types.merge);
  }

  /** Deletes it; an object that is gone already is no mistake. */
  async remove(ref: Reference): Promise<void> {
    const path = await this.path(ref);
    const answer = await this.raw('DELETE', path);
    if (answer.status >= 400 && answer.status !== 404) throw new ApiError('DELETE', path, answer);
  }

  /** Path of an object, or of its collection for an empty name. Namespace `default` is not assumed for lists. */
  async path(ref: Reference, inNamespace = true): Promise<string> {
    const resource = await this.#resource(ref);
    const root = ref.apiVersion === 'v1' ? '/api/v1' : `/apis/${ref.apiVersion}`;
    const namespace = resource.namespaced && inNamespace ? `/namespaces/${ref.namespace ?? 'default'}` : '';
    return `${root}${namespace}/${resource.name}/${ref.name}`;
  }

  async #resource({ apiVersion, kind }: Pick<Reference, 'apiVersion' | 'kind'>): Promise<Resource> {
    const found = (await this.#resources(apiVersion)).find((it) => it.kind === kind && !it.name.includes('/'));
    if (!found) {
      this.#known.delete(apiVersion); // a definition may have been added since
      throw new Error(`the server has no ${kind} in ${apiVersion}`);
    }
    return found;
  }

  async #has({ apiVersion, kind }: Pick<Reference, 'apiVersion' | 'kind'>, subresource: string): Promise<boolean> {
    const { name } = await this.#resource({ apiVersion, kind });
    return (await this.#resources(apiVersion)).some((it) => it.name === name + subresource);
  }

  async #resources(apiVersion: string): Promise<Resource[]> {
    const known = this.#known.get(apiVersion);
    if (known) return known;
    const found = (await this.request('GET', apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`))
      .resources as Resource[];
    this.#known.set(apiVersion, found);
    return found;
  }
}

export const refOf = ({ apiVersion, kind, metadata }: KubeObject): Reference => ({
  apiVersion,
  kind,
  name: metadata.name,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
});

/** Waits until `look` gives something other than undefined or false, and gives it. The message names what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  } while (Date.now() < end);
  throw new Error(`waited ${timeoutMs / 1000} s for ${what}${last instanceof Error ? `; last: ${last.message}` : ''}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
