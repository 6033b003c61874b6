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
  /** For whoever only counts what is well: told how much of it there is, mostly instead of getting the findings. */
  readonly onWell?: (reason: Reason, count: number) => void;
  /**
   * Once it says so, nothing more is begun, and the sweep ends. Looks that had begun are still yielded, since they may
   * write. Default never.
   */
  readonly isStopped?: () => boolean;
}

/** As much of a sweep as there is time for. */
export interface Part {
  /** Whether the time is up. */
  readonly isOver: () => boolean;
  /** Where the part before it stopped. */
  readonly cursor?: Cursor | undefined;
}

export type Swept =
  /** Decided from the lists, or from a closer look that wrote nothing. */
  | { readonly kind: 'finding'; readonly function: string; readonly finding: Finding }
  /** A closer look; `applied` is what was written. */
  | {
      readonly kind: 'outcome';
      readonly function: string;
      readonly outcome: Completed;
      readonly applied: readonly Applied[];
    }
  /** The work on one subject failed, perhaps after some writes; the others go on. */
  | ({ readonly kind: 'failure' } & Failed);

/** The last word of a part whose time was up. */
export interface Stopped {
  readonly kind: 'stopped';
  /** In the lists, so that it is not even known what is to be looked at; or with so many subjects left. */
  readonly left: 'lists' | number;
  /** Absent where the next sweep has to begin anew. */
  readonly next?: Cursor;
}

/**
 * Looks at everything once: lists first, then closely at what the lists show to be odd. Finds the same as any sequence
 * of events would. A subject that fails does not keep the others from being seen.
 * @throws what is no KubeError: a bug. The looks that had begun are yielded first, since they may have written.
 */
export function sweep(options: SweepOptions): AsyncGenerator<Swept>;
export function sweep(options: SweepOptions & { readonly part: Part }): AsyncGenerator<Swept | Stopped>;
export async function* sweep(options: SweepOptions & { readonly part?: Part }): AsyncGenerator<Swept | Stopped> {
  for await (const page of sweepByPage(options)) yield* page;
}

/**
 * The same by the page of the lists, for whoever goes through hundreds of thousands of findings: going from hand to hand
 * one by one costs more than what is done with them. A page is to be gone through before the next is asked for.
 */
export function sweepByPage(options: SweepOptions): AsyncGenerator<Iterable<Swept>>;
export function sweepByPage(
  options: SweepOptions & { readonly part?: Part },
): AsyncGenerator<Iterable<Swept | Stopped>>;
export async function* sweepByPage(
  options: SweepOptions & { readonly part?: Part },
): AsyncGenerator<Iterable<Swept | Stopped>> {
  const { functions, reader, only = () => true, onWell, concurrency = 4, nowMs = Date.now, part } = options;
  const { isStopped = () => false } = options;
  // What is only counted does not say which objects it is about.
  const brief = onWell !== undefined && options.only === undefined;
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
  /** Nothing is awaited in a page: what has to be searched for comes behind it. */
  let searches: { readonly fn: AnyFunction; readonly routed: Routed }[] = [];
  function* takeAll(items: Iterable<SurveyItem>): Generator<Swept, void> {
    for (const item of items) {
      if (part?.isOver() === true || isStopped()) {
        listed = false;
        return;
      }
      for (const fn of surveying) {
        const routed = fn.triage(item, brief);
        if ('healthy' in routed) onWell?.(routed.healthy, routed.count);
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
  // Many looks at a world that a few lists show are cheaper from lists; a few looks are not.
  const view = () => (pays() ? createListReader(reader, mayList) : memoize(reader));
  // Where lists pay already, what is searched for is found in the same lists. One name for it: there is never a second view.
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
  // However little time there is, one more subject is looked at: so each part gets further than the one before it.
  const mayBegin = () => bug === undefined && !isStopped() && (begun === 0 || part?.isOver() !== true);
  while (begun < queue.length && mayBegin()) {
    if (options.applier !== undefined && performance.now() - seenAtMs > VIEW_MS) {
      seen = view();
      seenAtMs = performance.now();
    }
    const batch = queue.slice(begun, begun + BATCH);
    const from = seen;
    const looks = inParallel(batch, concurrency, mayBegin, ({ fn, subject }) => {
      begun++;
      return look(fn, subject, from, options);
    });
    for await (const looked of looks) {
      if (looked.kind === 'failure' && !(looked.error instanceof KubeError)) bug ??= looked.error;
      yield [looked];
    }
    if (bug !== undefined) throw bug;
  }
  if (part === undefined) return;
  if (!listed) yield [{ kind: 'stopped', left: 'lists' }];
  else if (begun < queue.length) yield [{ kind: 'stopped', ...remainderAfter(queue, begun, part.cursor) }];
}

/** All of a kind, not some names or one namespace. */
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

/** What the functions have to be shown; what none of them asks for is not read. */
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
  // StorageClasses are in no namespace, and no part of any selection of VMBackups.
  const whole = scope?.namespace === undefined && scope?.selector === undefined;
  if (whole && others.length < functions.length) yield* surveyClasses(reader);
}

/** There are few of them, and two parts of a survey go through them. */
function withClassesOnce(reader: Reader): Reader {
  const kept = memoize(reader);
  return {
    ...reader,
    list: (kind, options) => (kind === 'StorageClass' ? kept : reader).list(kind, options),
  };
}

/** Subjects that are looked at between two questions whether the view of the world is still fresh. */
const BATCH = 100;
const LISTS_PAY_FROM = 20;
/** How old a view may get before nothing more is written by it. Each write still names the version it was seen in. */
const VIEW_MS = 30_000;

async function look(
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
  const finding = cannotTell(subject, error);
  if (applied.length === 0) return { kind: 'finding', function: fn.name, finding };
  const told = { function: fn.name, subject, plan: { findings: [finding] }, applied };
  return { kind: 'outcome', function: fn.name, outcome: told, applied };
}

/**
 * Where everything is answered from memory, a thousand looks would be one single turn of the event loop. Others wait for
 * theirs meanwhile: a probe of the kubelet's, and V8, which ends a full collection in a task of its own and until then
 * lets the heap grow by up to 32 MB rather than collect what is new.
 */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Kinds of which the survey tells itself what cannot be read. */
const isSurveyed = ({ kind }: Ref): boolean =>
  ['Backup', 'BackupTarget', 'VolumeSnapshotContent', 'VolumeSnapshot', 'VirtualMachineBackup'].includes(kind);

/** Of what the survey has told, or will, only that it stands in the way: what hangs on it is not at fault. */
function cannotTell(subject: Ref, { object, message: why }: UnreadableError): Finding {
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
 * Yields results in the order of the items, so that the same cluster is told of in the same order; at most `limit` are at
 * work at a time, and none is begun that may not.
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
      // Its turn comes; until then a failure is nobody's yet.
      begun.catch(() => undefined);
      running.push(begun);
    }
    const first = running.shift();
    if (first === undefined) return;
    yield await first;
  }
}
