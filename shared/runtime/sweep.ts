import type { KindName, Ref } from '../domain/kinds.ts';
import { describeRef, kinds, refKey } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import type { SurveyItem } from '../survey-item.ts';
import { survey, surveyClasses } from '../survey/survey.ts';
import type { AnyFunction, Routed, Need } from '../function.ts';
import type { Applied, Applier } from '../kube/apply.ts';
import { KubeError, UnreadableError } from '../ports/errors.ts';
import { createListReader } from '../kube/list-reader.ts';
import { memoize } from '../kube/memoize.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';
import type { Finding } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import type { Cursor } from '../events/incoming.ts';
import type { Completed, Failed } from './reconcile.ts';
import { reconcile } from './reconcile.ts';
import { rotateFrom, remainderAfter } from './sweep-cursor.ts';

/** What to sweep, and how. */
export interface SweepOptions {
  readonly functions: readonly AnyFunction[];
  readonly reader: Reader;
  /** Absent: plan and report, write nothing. */
  readonly applier?: Applier;
  readonly configOf: (fn: AnyFunction) => unknown;
  readonly scope?: Pick<ListOptions, 'namespace' | 'selector'>;
  /** Subjects processed at once. Default 4. */
  readonly concurrency?: number;
  /** Whether to write Events and reports. Default true. */
  readonly records?: boolean;
  readonly nowMs?: () => number;
  /** Processes only these subjects, and yields only findings about them. Default: all. */
  readonly only?: (subject: Ref) => boolean;
  /** For callers that only count healthy items: called with counts, mostly instead of yielding their findings. */
  readonly onHealthy?: (reason: Reason, count: number) => void;
  /**
   * Once this returns true, no further subject is begun and the sweep ends. Passes that have begun are still yielded,
   * because they may write. Default: never.
   */
  readonly isStopped?: () => boolean;
}

/** Limits a sweep to the time that is available. */
export interface Part {
  /** Whether the time is up. */
  readonly isOver: () => boolean;
  /** Where the previous part stopped. */
  readonly cursor?: Cursor | undefined;
}

/** One result of a sweep. */
export type Swept =
  /** Decided from the lists, or or by a pass over the subject that wrote nothing. */
  | { readonly kind: 'finding'; readonly function: string; readonly finding: Finding }
  /** A pass over one subject; `applied` is what was written. */
  | {
      readonly kind: 'outcome';
      readonly function: string;
      readonly outcome: Completed;
      readonly applied: readonly Applied[];
    }
  /** The work on one subject failed, perhaps after some writes; the others go on. */
  | ({ readonly kind: 'failure' } & Failed);

/** The last item of a part whose time was up. */
export interface Stopped {
  readonly kind: 'stopped';
  /** The number of subjects left, or `lists` if the lists were not even read to the end. */
  readonly left: 'lists' | number;
  /** Where the next part continues. Absent if the next sweep must start from the beginning. */
  readonly next?: Cursor;
}

/**
 * Checks everything once: triages the lists, then observes, plans and applies for each subject that needs it. Finds the
 * same as any sequence of events would. A subject that fails is yielded as `failure` and does not stop the others.
 * @param options.part stops when its time is up and yields `stopped` last
 * @throws every error that is not a KubeError; it is a bug. Passes that had begun are yielded first, because they may
 *   have written.
 */
export function sweep(options: SweepOptions): AsyncGenerator<Swept>;
export function sweep(options: SweepOptions & { readonly part: Part }): AsyncGenerator<Swept | Stopped>;
export async function* sweep(options: SweepOptions & { readonly part?: Part }): AsyncGenerator<Swept | Stopped> {
  for await (const page of sweepByPage(options)) yield* page;
}

/**
 * Like `sweep`, but yields findings in pages of a list (≤ 500): per-item `await` dominates above ~100,000. Consume each
 * page before asking for the next.
 */
export function sweepByPage(options: SweepOptions): AsyncGenerator<Iterable<Swept>>;
export function sweepByPage(
  options: SweepOptions & { readonly part?: Part },
): AsyncGenerator<Iterable<Swept | Stopped>>;
export async function* sweepByPage(
  options: SweepOptions & { readonly part?: Part },
): AsyncGenerator<Iterable<Swept | Stopped>> {
  const { functions, reader, only = () => true, onHealthy, concurrency = 4, nowMs = Date.now, part } = options;
  const { isStopped = () => false } = options;
  // Counts do not name their subjects, so `only` needs the findings.
  const brief = onHealthy !== undefined && options.only === undefined;
  const due: Due[] = [];
  const known = new Set<string>();
  const lookAt = (fn: AnyFunction, subjects: readonly Ref[]) => {
    for (const subject of subjects) {
      const key = `${fn.name} ${refKey(subject)}`;
      if (known.has(key) || !only(subject)) continue;
      known.add(key);
      due.push({ fn, subject, key });
    }
  };
  const take = (fn: AnyFunction, routed: { findings: readonly Finding[] } | { subjects: readonly Ref[] }): Swept[] => {
    if ('findings' in routed) {
      const findings = routed.findings.filter(({ subject }) => only(subject));
      return findings.map((finding) => ({ kind: 'finding', function: fn.name, finding }));
    }
    lookAt(fn, routed.subjects);
    return [];
  };
  const found = async (routed: Routed, from: Reader = reader) =>
    'search' in routed ? { subjects: await collect(routed.search(from)) } : routed;
  const surveying = functions.filter((fn) => fn.scheduled === undefined);
  let listed = true;
  /** A page is consumed synchronously: searches run after it. */
  let searches: { readonly fn: AnyFunction; readonly routed: Routed }[] = [];
  function* takeAll(items: Iterable<SurveyItem>): Generator<Swept, void> {
    for (const item of items) {
      if (part?.isOver() === true || isStopped()) {
        listed = false;
        return;
      }
      for (const fn of surveying) {
        const routed = fn.triage(item, brief);
        if ('healthy' in routed) onHealthy?.(routed.healthy, routed.count);
        else if ('findings' in routed) {
          for (const finding of routed.findings) {
            if (only(finding.subject)) yield { kind: 'finding', function: fn.name, finding };
          }
        } else if ('subjects' in routed) lookAt(fn, routed.subjects);
        else searches.push({ fn, routed });
      }
    }
  }
  for await (const items of itemsFor(surveying, options, nowMs())) {
    yield takeAll(items);
    for (const { fn, routed } of searches) yield take(fn, await found(routed));
    searches = [];
    if (!listed) break;
  }
  const mayList = (kind: KindName) => functions.some(({ needs }) => needs.some((need) => lists(need, kind)));
  const pays = () => due.length >= LISTS_PAY_FROM;
  // For many subjects a few lists are cheaper than single reads.
  const view = () => (pays() ? createListReader(reader, mayList) : memoize(reader));
  // If lists pay already, searches use the same lists. A single variable, so that never two views are in memory.
  let seenAtMs = performance.now();
  let seen = pays() ? view() : undefined;
  for (const fn of functions) {
    if (fn.scheduled !== undefined)
      yield take(fn, await found(fn.scheduled(options.configOf(fn), nowMs()), seen ?? reader));
  }
  seen ??= view();
  const queue = part === undefined ? due : rotateFrom(due, part.cursor, nowMs());
  let begun = 0;
  let bug: Error | undefined;
  // Each part processes at least one subject, so that every part makes progress.
  const mayBegin = () => bug === undefined && !isStopped() && (begun === 0 || part?.isOver() !== true);
  while (begun < queue.length && mayBegin()) {
    if (options.applier !== undefined && performance.now() - seenAtMs > VIEW_MS) {
      seen = view();
      seenAtMs = performance.now();
    }
    const batch = queue.slice(begun, begun + BATCH);
    const from = seen;
    const passes = inParallel(batch, concurrency, mayBegin, ({ fn, subject }) => {
      begun++;
      return passOver(fn, subject, from, options);
    });
    for await (const swept of passes) {
      if (swept.kind === 'failure' && !(swept.error instanceof KubeError)) bug ??= swept.error;
      yield [swept];
    }
    if (bug !== undefined) throw bug;
  }
  if (part === undefined) return;
  if (!listed) yield [{ kind: 'stopped', left: 'lists' }];
  else if (begun < queue.length) yield [{ kind: 'stopped', ...remainderAfter(queue, begun, part.cursor) }];
}

/** Whether the need is to list the whole kind, not only some names or one namespace. */
const lists = ({ group, resource, verbs, names, namespace }: Need, kind: KindName): boolean =>
  group === kinds[kind].group &&
  resource === kinds[kind].plural &&
  verbs.includes('list') &&
  names === undefined &&
  namespace === undefined;

interface Due {
  readonly fn: AnyFunction;
  readonly subject: Ref;
  readonly key: string;
}

/** The list items that the functions triage. Kinds that no function needs are not read. */
async function* itemsFor(
  functions: readonly AnyFunction[],
  { reader: from, scope, records }: SweepOptions,
  nowMs: number,
): AsyncGenerator<Iterable<SurveyItem>> {
  const reader = withClassesOnce(records === false ? { ...from, withoutRecords: true } : from);
  const others = functions.filter((fn) => fn.surveysClasses !== true);
  const chain = others.some((fn) => fn.surveysChain === true);
  const target = others.some((fn) => fn.watches.some(({ kind }) => kind === 'Setting'));
  if (others.length > 0) yield* survey(reader, scope, { chain, target, nowMs });
  // StorageClasses are cluster-scoped and match no selection of VMBackups.
  const whole = scope?.namespace === undefined && scope?.selector === undefined;
  if (whole && others.length < functions.length) yield* surveyClasses(reader);
}

/** Two parts of a survey list the StorageClasses, of which there are few: list them once. */
function withClassesOnce(reader: Reader): Reader {
  const kept = memoize(reader);
  return {
    ...reader,
    list: (kind, options) => (kind === 'StorageClass' ? kept : reader).list(kind, options),
  };
}

/** Subjects between two checks of the view's age. */
const BATCH = 100;
/** From this many subjects on, lists are cheaper than single reads. */
const LISTS_PAY_FROM = 20;
/** How old the list view may get before it is read again. Each write also tests the version that was seen. */
const VIEW_MS = 30_000;

async function passOver(
  fn: AnyFunction,
  subject: Ref,
  seen: Reader,
  { reader, applier, configOf, records, nowMs }: SweepOptions,
): Promise<Swept> {
  await turn();
  const session = {
    reader: seen,
    live: reader,
    ...(applier && { applier }),
    config: configOf(fn),
    ...(records !== undefined && { records }),
    ...(nowMs && { nowMs }),
  };
  const outcome = await reconcile(fn, subject, session);
  const { applied, error } = outcome;
  if (error === undefined) return { kind: 'outcome', function: fn.name, outcome, applied };
  if (!(error instanceof UnreadableError)) return { kind: 'failure', ...outcome };
  const finding = unreadableFinding(subject, error);
  if (applied.length === 0) return { kind: 'finding', function: fn.name, finding };
  const partial = { function: fn.name, subject, plan: { findings: [finding] }, applied };
  return { kind: 'outcome', function: fn.name, outcome: partial, applied };
}

/**
 * Yields to the event loop between subjects, so that health probes are answered and V8 can finish a collection; until
 * then its heap may grow by up to 32 MB. Without it, a thousand passes answered from memory run in one turn.
 */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Kinds whose unreadable objects the survey itself reports. */
const isSurveyed = ({ kind }: Ref): boolean =>
  ['Backup', 'BackupTarget', 'VolumeSnapshotContent', 'VolumeSnapshot', 'VirtualMachineBackup'].includes(kind);

/**
 * The finding about a subject that cannot be judged because an object is unreadable. Reports the object itself, unless
 * the survey does.
 */
function unreadableFinding(subject: Ref, { object, message: why }: UnreadableError): Finding {
  const message = `${describeRef(subject)} cannot be judged: ${why}`;
  return isSurveyed(object)
    ? { subject, reason: 'NotVerifiable', message, actions: [] }
    : { subject: object, reason: 'ObjectUnreadable', message, command: getCommand(object), actions: [] };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/**
 * Yields results in the order of the items, so that equal clusters give equal output. Runs at most `limit` at once, and
 * starts none while `mayBegin` returns false.
 */
async function* inParallel<T, R>(
  items: readonly T[],
  limit: number,
  mayBegin: () => boolean,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for (let next = 0; ;) {
    while (running.length < limit && next < items.length && mayBegin()) {
      const begun = work(items[next++] as T);
      // The result is awaited later: avoid an unhandled rejection until then.
      begun.catch(() => undefined);
      running.push(begun);
    }
    const first = running.shift();
    if (first === undefined) return;
    yield await first;
  }
}
