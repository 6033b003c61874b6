import type { KindName } from '../domain/kinds.ts';
import { kinds } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';
import { continueIn, continueOf } from './pagination.ts';
import { decode, decodeOrThrow } from './decode.ts';
import { NotServedError, RetryableError } from '../ports/errors.ts';
import { apiPathOf, isAddressable, pathOf } from './paths.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';
import type { Answer, Send } from './request.ts';
import type { Asked } from './status.ts';
import { describeAsked, errorOf, isAbsentObject } from './status.ts';

/** The API server's own default for chunked lists. */
const PAGE = 500;

/**
 * Creates the reader that talks to the API server. Lists in pages of 500; `serves` is cached for 60 s.
 * @param timeoutMs deadline per call
 */
export function createReader(send: Send, timeoutMs: number): Reader {
  const served = new Map<KindName, { readonly answer: Promise<boolean>; readonly untilMs: number }>();
  const serves = (kind: KindName): Promise<boolean> => {
    const nowMs = performance.now();
    const known = served.get(kind);
    if (known !== undefined && known.untilMs > nowMs) return known.answer;
    const answer = isServed(send, timeoutMs, kind);
    served.set(kind, { answer, untilMs: nowMs + SERVED_FRESH_MS });
    answer.catch(() => served.delete(kind));
    return answer;
  };
  /** A kind of an optional group that is not served has no objects; that is no error. */
  const isNowhere = async (kind: KindName, error: unknown): Promise<boolean> =>
    error instanceof NotServedError && optional.has(kinds[kind].group) && !(await serves(kind));

  async function* read<K extends KindName>(kind: K, options: ListOptions = {}) {
    try {
      for await (const items of pages(send, timeoutMs, kind, options)) {
        yield opened(kind, items, options);
        // Free the page even if a suspended generator still references it: the next page is as large.
        items.length = 0;
      }
    } catch (error) {
      if (!(await isNowhere(kind, error))) throw error;
    }
  }

  return {
    serves,
    async get<K extends KindName>(kind: K, name: string, namespace?: string) {
      if (![name, namespace ?? name].every(isAddressable)) return undefined;
      const asked: Asked = { verb: 'get', kind, name, namespace };
      const answer = await withObjectInError(
        asked,
        send({ method: 'GET', path: pathOf(kind, namespace, name) }, timeoutMs),
      );
      if (isAbsentObject(answer)) return undefined;
      try {
        return decodeOrThrow(kind, bodyOf(answer, asked));
      } catch (error) {
        if (await isNowhere(kind, error)) return undefined;
        throw error;
      }
    },

    pages: read,
    async *list<K extends KindName>(kind: K, options?: ListOptions) {
      for await (const page of read(kind, options)) yield* page;
    },
  };
}

/** Longhorn and the snapshot API also run without Harvester. Handles can be wrong there too. */
const optional: ReadonlySet<string> = new Set(['harvesterhci.io']);

/** Decodes one item at a time, so that each item and its JSON can be collected before the next is decoded. */
function* opened<K extends KindName>(kind: K, items: unknown[], options: ListOptions): Generator<ObjectOf<K>, void> {
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    items[at] = undefined;
    const found = decode(kind, item);
    if ('object' in found) yield found.object;
    else options.onUnreadable?.(found.unreadable);
  }
}

/** CRDs change rarely, and a process that has just started asks anyway. */
const SERVED_FRESH_MS = 60_000;

/** Reads the group's resource list, which every account may read. */
async function isServed(send: Send, timeoutMs: number, kind: KindName): Promise<boolean> {
  const { plural } = kinds[kind];
  const asked: Asked = { verb: 'list', kind };
  const answer = await withObjectInError(asked, send({ method: 'GET', path: apiPathOf(kind) }, timeoutMs));
  if (answer.status === 404) return false;
  const { resources } = bodyOf(answer, asked) as { resources?: unknown };
  return Array.isArray(resources) && resources.some((one: { name?: unknown } | null) => one?.name === plural);
}

interface Page {
  readonly answer: Promise<Answer>;
  /** A consumer waits for this page. Only a wanted page may request the next one. */
  wanted: boolean;
  /** The page behind it, asked for while this one was still to be parsed. */
  next?: { readonly token: string; readonly page: Page };
}

/**
 * All pages of a list. Requests the next page while this one is parsed and consumed (saves 2–20 % of the wall time), so
 * two pages are in memory at most.
 *
 * If the server has dropped the list's version (410), the list continues from the token that the server provides: the
 * rest is newer than the start, but no object appears twice. Subjects are read again before any write. Without such a
 * token the list fails with RetryableError.
 */
async function* pages(send: Send, timeoutMs: number, kind: KindName, options: ListOptions): AsyncGenerator<unknown[]> {
  const asked: Asked = { verb: 'list', kind, namespace: options.namespace };
  const labelSelector = selectorOf(options);
  const path = pathOf(kind, options.namespace);
  const ask = (token: string | undefined): Page => {
    const query = { limit: String(PAGE), continue: token, labelSelector };
    const onEnds = (start: string, end: string) => {
      const early = page.wanted ? continueIn(start, end) : undefined;
      if (early !== undefined) page.next = { token: early, page: ask(early) };
    };
    const answer = withObjectInError(asked, send({ method: 'GET', path, query, onEnds }, timeoutMs));
    // The page may never be awaited if the consumer stops early: avoid an unhandled rejection.
    answer.catch(() => undefined);
    const page: Page = { answer, wanted: false };
    return page;
  };
  let next: Page | undefined = ask(undefined);
  for (let isFirst = true, resumed = false; next !== undefined; isFirst = false) {
    const page: Page = next;
    page.wanted = true;
    const answer = await page.answer;
    const token = continueOf(answer.body);
    if (answer.status === 410 && !isFirst && !resumed && token !== undefined) {
      resumed = true;
      next = ask(token);
      continue;
    }
    const { items } = bodyOf(answer, asked) as { items?: unknown };
    if (!Array.isArray(items)) {
      throw new RetryableError(`${describeAsked(asked)}: the answer is not a list`, answer.status);
    }
    resumed = false;
    if (token === undefined) next = undefined;
    else next = page.next?.token === token ? page.next.page : ask(token);
    yield items;
  }
}

/**
 * The body of a 2xx answer.
 * @throws KubeError for any other status; RetryableError if the body is not JSON
 */
export function bodyOf(answer: Answer, asked: Asked): object {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer, asked);
  if (typeof answer.body !== 'object' || answer.body === null) {
    throw new RetryableError(
      `${describeAsked(asked)}: the response is not JSON (is there a proxy in between?)`,
      answer.status,
    );
  }
  return answer.body;
}

/** Adds the call and its object to the message of a RetryableError. */
export async function withObjectInError(asked: Asked, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    throw new RetryableError(`${describeAsked(asked)}: ${error.message}`, error.status, { cause: error });
  }
}

function selectorOf({ labels, selector }: ListOptions): string | undefined {
  const equalities = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const parts = [...equalities, ...(selector === undefined || selector === '' ? [] : [selector])];
  return parts.length === 0 ? undefined : parts.join(',');
}
