/** The HTTP door: who asks, what for, may they, does a fault hit it; then the answer, and a line in the record. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse as parseYaml } from 'yaml';
import { discover } from './discovery.ts';
import { ApiError, badRequest, methodNotAllowed, unknownResource } from './errors.ts';
import type { Kind } from './kinds.ts';
import { APPLY_PATCH, unsupportedMediaType } from './patch.ts';
import { Tokens, authorize, authorizePath } from './rbac.ts';
import type { User } from './rbac.ts';
import type { Registry } from './registry.ts';
import { carryOut, nameForAccess, watchQuery } from './resources.ts';
import { decodeProtobuf } from './protobuf.ts';
import { parseTarget, verbOf } from './requests.ts';
import type { Target, Verb } from './requests.ts';
import { REVIEW_GROUPS, review } from './reviews.ts';
import { negotiate } from './shapes.ts';
import type { Fault, FaultInjector, RequestRecord } from './types.ts';
import { checkWatch, serveWatch } from './watches.ts';

const MAX_BODY_BYTES = 3 << 20;
/** A sandbox may run for days. */
const RECORDS_KEPT = 100_000;
const YAML = 'application/yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const BODY_TYPES = ['application/json', YAML, PROTOBUF];

export class HttpFront {
  readonly #registry: Registry;
  readonly tokens = new Tokens();
  readonly #startedAtMs = performance.now();
  readonly #watches = new Set<() => void>();
  records: RequestRecord[] = [];
  fault: FaultInjector | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.#handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendError(response, error);
      else response.destroy();
    });
  };

  endWatches(): void {
    for (const stop of this.#watches) stop();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await readBody(request);
    const user = this.tokens.authenticate(request.headers.authorization);
    const target = parseTarget(url.pathname);
    if (!target) {
      authorizePath(user, url.pathname);
      const found = discover(this.#registry.kinds, url.pathname.replace(/\/$/, ''), request.headers.host ?? '');
      if (found === undefined) sendText(response, 404, '404 page not found\n');
      else if (typeof found === 'string') sendText(response, 200, found);
      else send(response, 200, JSON.stringify(found));
      return;
    }
    await this.#resource(request, response, { url, body, user, target });
  }

  async #resource(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const { url, user, target } = asked;
    const kind = this.#registry.kinds.byResource(target.apiVersion, target.plural);
    const verb = verbOf(request.method ?? 'GET', target, url.searchParams);
    if (!verb) throw methodNotAllowed();
    const record: Omit<RequestRecord, 'code' | 'atMs'> = {
      verb: verb === 'deletecollection' ? 'delete' : verb,
      kind: kind?.id ?? `${target.apiVersion}/${target.plural}`,
      ...(target.namespace !== undefined && { namespace: target.namespace }),
      ...(target.name !== undefined && { name: target.name }),
      ...(target.subresource !== undefined && { subresource: target.subresource }),
      dryRun: isDryRun(url.searchParams, asked.body),
      user: user.name,
      ...(request.headers['user-agent'] !== undefined && { userAgent: request.headers['user-agent'] }),
    };
    const note = (code: number): void => {
      this.records.push({ atMs: performance.now() - this.#startedAtMs, ...record, code });
      if (this.records.length > 2 * RECORDS_KEPT) this.records = this.records.slice(-RECORDS_KEPT);
    };

    const fault = this.fault?.(record);
    if (fault && !(await strike(fault, response))) {
      note(fault.kind === 'status' ? fault.code : 0);
      return;
    }
    try {
      this.#answer(request, response, asked, verb, kind, note, fault?.kind === 'reset-after');
    } catch (error) {
      if (!(error instanceof ApiError)) console.error(error);
      note(error instanceof ApiError ? error.code : 500);
      if (fault?.kind === 'reset-after') response.destroy();
      else sendError(response, error);
    }
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { url, body, user, target }: Asked,
    verb: Verb,
    kind: Kind | undefined,
    note: (code: number) => void,
    resetAfter: boolean,
  ): void {
    const query = url.searchParams;
    const { group, namespace, subresource } = target;
    const resource = subresource === undefined ? target.plural : `${target.plural}/${subresource}`;
    const name = nameForAccess(kind, target, query);
    // A namespace counts as being in itself.
    const scope = kind?.id === 'v1/Namespace' && target.name !== undefined ? target.name : namespace;
    authorize(this.#registry, user, { verb, group, resource, namespace: scope, name });
    const contentType = (request.headers['content-type'] ?? 'application/json').split(';')[0]!.trim();
    const parsed = parseBody(body, contentType, verb);

    if (REVIEW_GROUPS.includes(group)) {
      const text = JSON.stringify(review(this.#registry, user, verb, target.plural, parsed));
      note(201);
      send(response, 201, text);
      return;
    }
    if (!kind || !fitsScope(kind, target, verb)) {
      if (isBuiltIn(this.#registry, target)) throw unknownResource();
      note(404);
      sendText(response, 404, '404 page not found\n');
      return;
    }
    const shape = negotiate(request.headers.accept);
    if (verb === 'watch') {
      const options = watchQuery(target, query);
      checkWatch(kind, options);
      note(200);
      const stop = serveWatch(this.#registry.store, kind, options, shape, response);
      this.#watches.add(stop);
      response.on('close', () => this.#watches.delete(stop));
      return;
    }
    const answer = carryOut(this.#registry, verb, { kind, target, query, contentType, body: parsed, shape });
    note(answer.code);
    if (resetAfter) response.destroy();
    else send(response, answer.code, answer.text);
  }
}

interface Asked {
  url: URL;
  body: Buffer;
  user: User;
  target: Target;
}

/** True when the request is to be carried out all the same. */
async function strike(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'status': {
      const reason = fault.reason ?? DEFAULT_REASONS[fault.code] ?? '';
      const retry = fault.retryAfterSeconds;
      const error = new ApiError(fault.code, reason, `injected fault: ${fault.code}`, {
        ...(retry !== undefined && { retryAfterSeconds: retry }),
      });
      if (retry !== undefined) response.setHeader('retry-after', String(retry));
      sendError(response, error);
      return false;
    }
    case 'hang':
      await sleep(fault.ms, undefined, { ref: false });
      return !response.destroyed; // a client that has given up is not served
    case 'reset':
      response.destroy();
      return false;
    case 'reset-after':
      return true;
  }
}

const DEFAULT_REASONS: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Objects of a namespaced kind are addressed in their namespace; only lists and watches may span all of them. */
function fitsScope(kind: Kind, target: Target, verb: Verb): boolean {
  if (!kind.namespaced) return target.namespace === undefined;
  return target.namespace !== undefined || verb === 'list' || verb === 'watch' || !(kind.custom || target.name);
}

function isBuiltIn(registry: Registry, target: Target): boolean {
  return registry.kinds.all.some((kind) => kind.apiVersion === target.apiVersion && !kind.custom);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) {
    const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  return Buffer.concat(chunks);
}

function parseBody(body: Buffer, contentType: string, verb: Verb): unknown {
  if (body.length === 0) return undefined;
  if (verb !== 'patch' && !BODY_TYPES.includes(contentType)) throw unsupportedMediaType(BODY_TYPES);
  try {
    if (contentType === APPLY_PATCH || contentType === YAML) return parseYaml(body.toString()) as unknown;
    if (contentType !== PROTOBUF) return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw badRequest(
      `couldn't parse the body: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
  }
  const object = decodeProtobuf(body);
  if (!object) throw unsupportedMediaType(BODY_TYPES);
  return object;
}

function sendError(response: ServerResponse, error: unknown): void {
  const status =
    error instanceof ApiError ? error : new ApiError(500, 'InternalError', `Internal error: ${String(error)}`);
  send(response, status.code, JSON.stringify(status.toStatus()));
}

function send(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** A DELETE's body may ask for it too. */
function isDryRun(query: URLSearchParams, body: unknown): boolean {
  const options = body as { kind?: unknown; dryRun?: unknown } | null | undefined;
  return options?.kind === 'DeleteOptions' ? Array.isArray(options.dryRun) : query.has('dryRun');
}
