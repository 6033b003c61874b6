import type * as z from 'zod/mini';
import type { KindName, Ref } from './domain/kinds.ts';
import type { Reader } from './ports/reader.ts';
import type { ObjectOf } from './objects/types.ts';
import type { Finding, Plan } from './plan/plan.ts';
import type { Reason } from './plan/reason.ts';
import type { SurveyItem } from './survey-item.ts';

/**
 * One Gleaner function: which events and list items concern it, what it reads, and what it decides. Its route, trigger,
 * rights, docs and metric labels are generated from this value.
 *
 * For each subject a host (an event, a sweep or the command line) calls `observe`, then `plan`, and applies the actions of
 * the plan in order. If a write finds that its object has changed or is gone, it starts again with `observe`, at most five
 * times. Events about one subject that arrive during a run share the next run; preconditions on every write protect against
 * other processes.
 *
 * A subject comes back
 * - when an event of a watched kind is routed to it, e.g. the event of Gleaner's own write,
 * - with each sweep that names it, by `triage` or `scheduled`,
 * - with the redelivery of an event that was answered with 503.
 *
 * There is no requeue: a finding of verdict `wait` waits for such an event, or for the next sweep. An interrupted run needs
 * no state: the next one observes what is left to do.
 *
 * @example
 * export default defineFunction({
 *   name: 'report-empty',
 *   summary: 'Reports VMBackups without volumes.',
 *   watches: [{ kind: 'VirtualMachineBackup', mode: 'reference' }],
 *   needs: [{ group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] }],
 *   config: z.strictObject({}),
 *   route: ({ kind, name, namespace }) => ({ subjects: [ref(kind, name, namespace)] }),
 *   triage: (item) => ({ subjects: item.what === 'vmbackup' && isEmpty(item.backup) ? [refOf(item.backup)] : [] }),
 *   observe: async (reader, subject) => ({
 *     subject,
 *     backup: await reader.get('VirtualMachineBackup', subject.name, subject.namespace),
 *   }),
 *   plan: ({ subject, backup }) => ({ findings: [judge(subject, backup)] }),
 * });
 */
export interface FunctionDefinition<Seen = unknown, Config = unknown> {
  /** Kebab case. Names the folder, route, Service, metric label and commit scope. */
  readonly name: string;
  /** One sentence: what it does and when. Printed in docs and help. */
  readonly summary: string;
  /** The kinds whose events are sent to `route`. Empty: it only works in sweeps. */
  readonly watches: readonly Watch[];
  /** Its exact rights: the RBAC rules of its ServiceAccount are generated from them. */
  readonly needs: readonly Need[];
  /** Policy, parsed from the environment. */
  readonly config: z.ZodMiniType<Config>;
  /**
   * Maps an event to the subjects it concerns. Called once per delivered event, which may come late, twice or never. Pure
   * and cheap. May answer "nothing to do" from the event alone; is never taken as proof that something is to be done.
   */
  route(change: Change): Routed;
  /**
   * Sorts one item of a sweep into healthy and "look closer". Called once per item, after the survey has listed the
   * objects the item depends on; never if there is `scheduled`. Pure, and the hot path of a scan.
   *
   * May look closer at what is healthy, which costs reads. Must not leave what `observe` and `plan` would act on or
   * report: nobody looks at it again until it changes. `{ subjects: [] }` leaves the item without a word: it does not
   * concern this function, or another one reports it.
   *
   * @param brief return {@link Healthy} (a count) in place of findings for healthy items: building the messages dominates
   * a large scan. All other answers stay the same. Default false.
   */
  triage(item: SurveyItem, brief?: boolean): Routed | Healthy;
  /**
   * Reads all that the decision needs. Called at the start of each pass over a subject. The compiler proves that it cannot
   * write. An object that does not exist is part of what is seen, not an error. Take the time from `nowMs`, not the clock.
   *
   * An exception fails this subject only; the host still works on the others of the event or sweep. What it means:
   * @throws RetryableError (overload, time-out, lost connection; the client has retried already): an event is answered with
   * 503, so that the broker delivers it again. So is a sweep, when it is through.
   * @throws TerminalError (a missing right, a CRD that is not installed): an event is answered with 422, a dead letter. A
   * sweep reports the failure. UnreadableError is one: a sweep turns it into a finding.
   * @throws any other error is a bug: an event is answered with 500, and a sweep ends.
   */
  observe(reader: Reader, subject: Ref, nowMs: number, config: Config): Promise<Seen>;
  /**
   * The subjects of a sweep, for a function that does not go by what the lists of a survey show. Called once per sweep, in
   * place of `triage`. May depend on the time, e.g. to take turns.
   */
  scheduled?(config: Config, nowMs: number): Routed;
  /** The sweep needs the StorageClasses, and nothing else that a survey reads. */
  readonly surveysClasses?: true;
  /** The sweep also needs what `SurveyOptions.chain` reads. */
  readonly surveysChain?: true;
  /** Sums up what all findings of one pass over a VMBackup say of its restore; for metrics. Pure. */
  readonly restorability?: (findings: readonly Finding[]) => Restorability;
  /**
   * Decides. Called once after each `observe`; a dry run, a replay and the real run call it alike. `nowMs` is the time of
   * deciding.
   *
   * Must not read, write, ask the clock, keep state or throw: what cannot be decided is a finding. Must not plan a deletion
   * before the Retain that makes it safe, the deletion of a Longhorn Backup at all, or anything on what its own plan has
   * already brought about (a second run writes nothing).
   */
  plan(seen: Seen, config: Config, nowMs: number): Plan;
}

/** `none`: there is nothing to judge. */
export type Restorability = 'sound' | 'broken' | 'none';

/** A kind whose events reach a function. */
export interface Watch {
  readonly kind: KindName;
  /**
   * `resource` events carry the object, which allows cheap early exits; `reference` events only its name. VMBackups are
   * watched by reference: their status holds the VM's secrets, and an event travels through brokers and dead letters.
   */
  readonly mode: 'resource' | 'reference';
}

/** One RBAC rule. */
export interface Need {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly ('get' | 'list' | 'create' | 'patch' | 'delete')[];
  /** Only in this namespace. */
  readonly namespace?: string;
  /** Only objects of these names. */
  readonly names?: readonly string[];
}

/** A resource event, parsed: that something happened to an object, not what the object is like by now. */
export type Change = { [K in KindName]: ChangeOf<K> }[KindName];
export interface ChangeOf<K extends KindName> {
  readonly kind: K;
  readonly name: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly type: 'add' | 'update' | 'delete';
  /** Absent in reference mode. */
  readonly object?: ObjectOf<K>;
}

/** Where an event or a list item leads. */
export type Routed =
  /** No closer look: these are its findings, taken as they are. Their actions are not carried out. */
  | { readonly findings: readonly Finding[] }
  /** Observe and plan these, each once per event or sweep, however often it is named. Empty: nothing, without a word. */
  | { readonly subjects: readonly Ref[] }
  /** The subjects can only be found by reading. The reader may be some seconds old: never decide by it. */
  | { readonly search: (reader: Reader) => AsyncIterable<Ref> };

/**
 * Stands for `count` findings of one reason with verdict `leave`. Only from `triage` with `brief`, which without `brief`
 * returns just these findings.
 */
export interface Healthy {
  readonly healthy: Reason;
  readonly count: number;
}

/** A definition with its own types erased, as its hosts run it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- existential type: the seen world and config of each function stay its own
export type AnyFunction = FunctionDefinition<any, any>;

/** Returns the definition as it is; infers the types of `observe` for `plan`. */
export const defineFunction = <Seen, Config>(
  definition: FunctionDefinition<Seen, Config>,
): FunctionDefinition<Seen, Config> => definition;
