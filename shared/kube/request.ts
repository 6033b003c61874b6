import { request as httpRequest } from 'node:http';
import type { Access } from './access.ts';
import { RetryableError } from '../ports/errors.ts';

/** One HTTP request to the API server. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Absolute path on the API server, without the prefix of a proxy such as Rancher's. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Called with head and tail (16 KiB each) of a JSON answer with status 2xx, before it is parsed. Must not throw. */
  readonly onEnds?: (start: string, end: string) => void;
}

/** A complete response, of any status. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Parsed JSON; undefined for any other content type. */
  readonly body: unknown;
}

/**
 * Sends one call. The deadline covers connecting, headers and body.
 * @throws RetryableError if no complete answer arrived
 */
export type Send = (call: Call, deadlineMs: number) => Promise<Answer>;

/** Creates the HTTP transport. Loads TLS only for HTTPS servers. */
export async function createSend(access: Access, userAgent: string): Promise<Send> {
  // A prefix in the server's address (Rancher: /k8s/clusters/c-1) stays in front of every path.
  const prefix = access.server.pathname.replace(/\/$/, '');
  // Plain HTTP does not pay for loading TLS.
  const request = access.server.protocol === 'http:' ? httpRequest : (await import('node:https')).request;

  return async function send(call, deadlineMs) {
    const { agent, headers } = await access.options();
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = request(
        access.server,
        {
          method: call.method,
          path: prefix + call.path + queryOf(call.query),
          agent,
          headers: {
            ...headers,
            Accept: 'application/json',
            // Compression costs the API server and a small container more time than it saves inside one network.
            'Accept-Encoding': 'identity',
            'User-Agent': userAgent,
            ...(body && { 'Content-Type': call.contentType ?? 'application/json', 'Content-Length': body.length }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', fail);
          incoming.on('end', () => {
            clearTimeout(timer);
            const status = incoming.statusCode ?? 0;
            const json = incoming.headers['content-type']?.startsWith('application/json') ?? false;
            const settle = () => {
              try {
                const parsed: unknown = json && chunks.length > 0 ? JSON.parse(textOf(chunks)) : undefined;
                resolve({ status, retryAfterMs: retryAfterMs(incoming.headers['retry-after']), body: parsed });
              } catch {
                reject(new RetryableError('the response is not valid JSON', status));
              }
            };
            if (call.onEnds === undefined || !json || status < 200 || status > 299) return settle();
            call.onEnds(startOf(chunks), endOf(chunks));
            // Let the request for the next page leave before this page is parsed.
            setImmediate(settle);
          });
        },
      );
      function fail(error: NodeJS.ErrnoException) {
        clearTimeout(timer);
        reject(new RetryableError(`no answer (${error.code ?? 'connection lost'})`, 0));
      }
      const timer = setTimeout(
        () => {
          outgoing.destroy(Object.assign(new Error('deadline'), { code: 'TIMEOUT' }));
        },
        Math.max(0, deadlineMs),
      );
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  };
}

/**
 * Reused for every page: pages are about 1 MiB each, and a new buffer for each would stay until the next collection.
 * The text is decoded synchronously, before the buffer can be reused.
 */
let scratch = Buffer.alloc(0);
const LARGEST_SCRATCH_BYTES = 8 * 1024 * 1024;

function textOf(chunks: readonly Buffer[]): string {
  const text = decoded(chunks);
  for (const { buffer, byteLength } of chunks) {
    // Detach the buffer now: V8 counts only the small wrapper, so it would free the megabyte late. Skip pooled
    // (shared) buffers.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
  }
  return text;
}

function decoded(chunks: readonly Buffer[]): string {
  if (chunks.length === 1) return chunks[0]!.toString('utf8');
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  if (bytes > LARGEST_SCRATCH_BYTES) return Buffer.concat(chunks, bytes).toString('utf8');
  if (bytes > scratch.length) scratch = Buffer.alloc(Math.min(LARGEST_SCRATCH_BYTES, bytes * 2));
  let end = 0;
  for (const chunk of chunks) end += chunk.copy(scratch, end);
  return scratch.toString('utf8', 0, end);
}

/** More than a list has around its items. Non-ASCII text is garbled, but tokens are ASCII. */
const END_BYTES = 16 * 1024;

function startOf(chunks: readonly Buffer[]): string {
  let text = '';
  for (let at = 0; at < chunks.length && text.length < END_BYTES; at++) {
    text += chunks[at]!.toString('latin1', 0, END_BYTES - text.length);
  }
  return text;
}

function endOf(chunks: readonly Buffer[]): string {
  let text = '';
  for (let at = chunks.length - 1; at >= 0 && text.length < END_BYTES; at--) {
    const { length } = chunks[at]!;
    text = chunks[at]!.toString('latin1', Math.max(0, length - END_BYTES + text.length)) + text;
  }
  return text;
}

function queryOf(query: Call['query']): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** Reads a number of seconds. API servers do not send the date form; it is ignored. */
function retryAfterMs(header: string | undefined): number | undefined {
  const seconds = Number(header ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
