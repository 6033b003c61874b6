import type { Ref } from '../domain/kinds.ts';
import { describeRef, refKey } from '../domain/kinds.ts';
import { survey } from '../chain/survey.ts';
import type { AnyFunction, Considered } from '../function.ts';
import type { Applied, Applier } from '../kube/apply.ts';
import { KubeError, UnreadableError } from '../kube/errors.ts';
import { fromLists } from '../kube/listed.ts';
import { memoize } from '../kube/memoize.ts';
import type { ListOptions, Reader } from '../kube/ports.ts';
import type { Finding } from '../plan/plan.ts';
import type { Outcome } from './reconcile.ts';
import { reconcile } from './reconcile.ts';

export interface SweepOptions {
  readonly functions: readonly AnyFunction[];
  readonly reader: Reader;
  /** Absent: only report. */
  readonly applier?: Applier;
  readonly configOf: (fn: AnyFunction) => unknown;
  readonly scope?: Pick<ListOptions, 'namespace' | 'selector'>;
  /** How many subjects are worked on at once. Default 4. */
  readonly concurrency?: number;
  /** Whether Events and reports are written. Default true. */
  readonly records?: boolean;
  readonly nowMs?: () => number;
  /** Only these subjects are looked at closely, and only findings about them are yielded. */
  readonly only?: (subject: Ref) => boolean;
}

export type Swept =
  /** Decided from the lists, or from a closer look that wrote nothing. */
  | { readonly kind: 'finding'; readonly function: string; readonly finding: Finding }
  /** A closer look; `applied` is what was written. */
  | {
      readonly kind: 'outcome';
      readonly function: string;
      readonly outcome: Outcome;
      readonly applied: readonly Applied[];
    }
  /** One subject could not be worked on; the others go on. */
  | { readonly kind: 'failure'; readonly function: string; readonly subject: Ref; readonly error: KubeError };

/**
 * Looks at everything once: lists first, then closely at what the lists show to be odd. Finds the same as any sequence
 * of events would. A subject that fails does not keep the others from being seen.
 */
export async function* sweep(options: SweepOptions): AsyncGenerator<Swept> {
  const { reader, scope, only = () => true, concurrency = 4, nowMs = Date.now } = options;
  const functions = options.functions.filter((fn) => fn.sweeps !== false);
  if (functions.length === 0) return;
  const due: { fn: AnyFunction; subject: Ref }[] = [];
  const known = new Set<string>();
  function* take(
    fn: AnyFunction,
    considered: { findings: readonly Finding[] } | { subjects: readonly Ref[] },
  ): Generator<Swept> {
    if ('findings' in considered) {
      for (const finding of considered.findings) {
        if (only(finding.subject)) yield { kind: 'finding', function: fn.name, finding };
      }
      return;
    }
    for (const subject of considered.subjects) {
      const key = `${fn.name} ${refKey(subject)}`;
      if (known.has(key) || !only(subject)) continue;
      known.add(key);
      due.push({ fn, subject });
    }
  }
  const found = async (considered: Considered) =>
    'search' in considered ? { subjects: await collect(considered.search(reader)) } : considered;
  const surveying = functions.filter((fn) => fn.atSweep === undefined);
  const chain = surveying.some((fn) => fn.surveysChain === true);
  const target = surveying.some((fn) => fn.watches.some(({ kind }) => kind === 'Setting'));
  const pages = surveying.length === 0 ? [] : survey(reader, scope, { chain, target, nowMs: nowMs() });
  for await (const items of pages) {
    for (const item of items) {
      for (const fn of surveying) {
        const considered = fn.surveys(item);
        // Nothing is awaited where nothing is searched: there may be tens of thousands of items.
        yield* take(fn, 'search' in considered ? await found(considered) : considered);
      }
    }
  }
  for (const fn of functions) {
    if (fn.atSweep !== undefined) yield* take(fn, await found(fn.atSweep(options.configOf(fn), nowMs())));
  }
  // Many looks at a world that a few lists show are cheaper from lists; a few looks are not.
  const view = () => (due.length >= LISTS_PAY_FROM ? fromLists(reader) : memoize(reader));
  let seen = view();
  let seenAtMs = performance.now();
  for (let start = 0; start < due.length; start += BATCH) {
    if (options.applier !== undefined && performance.now() - seenAtMs > VIEW_MS) {
      seen = view();
      seenAtMs = performance.now();
    }
    const batch = due.slice(start, start + BATCH);
    yield* inParallel(batch, concurrency, ({ fn, subject }) => look(fn, subject, seen, options));
  }
}

/** Subjects that are looked at between two questions whether the view of the world is still fresh. */
const BATCH = 100;
const LISTS_PAY_FROM = 20;
/** How old a view may get before nothing more is written by it. Each write still names the version it was seen in. */
const VIEW_MS = 10_000;

async function look(
  fn: AnyFunction,
  subject: Ref,
  seen: Reader,
  { reader, applier, configOf, records, nowMs }: SweepOptions,
): Promise<Swept> {
  try {
    const session = {
      reader: seen,
      live: reader,
      ...(applier && { applier }),
      config: configOf(fn),
      ...(records !== undefined && { records }),
      ...(nowMs && { nowMs }),
    };
    const outcome = await reconcile(fn, subject, session);
    return { kind: 'outcome', function: fn.name, outcome, applied: outcome.applied };
  } catch (error) {
    // The survey has told of it, or will: what hangs on it is not at fault.
    if (error instanceof UnreadableError && isSurveyed(error.object))
      return { kind: 'finding', function: fn.name, finding: cannotTell(subject, error) };
    if (error instanceof KubeError) return { kind: 'failure', function: fn.name, subject, error };
    throw error;
  }
}

const isSurveyed = ({ kind }: Ref): boolean =>
  ['Backup', 'BackupTarget', 'VolumeSnapshotContent', 'VolumeSnapshot', 'VirtualMachineBackup'].includes(kind);

const cannotTell = (subject: Ref, error: UnreadableError): Finding => ({
  subject,
  reason: 'NotVerifiable',
  message: `${describeRef(subject)} cannot be judged: ${error.message}`,
  actions: [],
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Yields results as they come, at most `limit` at work at a time. */
async function* inParallel<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running = new Map<number, Promise<{ id: number; result: R }>>();
  let next = 0;
  while (next < items.length || running.size > 0) {
    while (running.size < limit && next < items.length) {
      const id = next++;
      running.set(
        id,
        work(items[id] as T).then((result) => ({ id, result })),
      );
    }
    const { id, result } = await Promise.race(running.values());
    running.delete(id);
    yield result;
  }
}
