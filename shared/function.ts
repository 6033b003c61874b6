import type * as z from 'zod/mini';
import type { KindName, Ref } from './domain/kinds.ts';
import type { Reader } from './ports/reader.ts';
import type { ObjectOf } from './objects/types.ts';
import type { Finding, Plan } from './plan/plan.ts';
import type { Reason } from './plan/reason.ts';
import type { SurveyItem } from './survey-item.ts';

/** One Gleaner function. Route, trigger, rights, docs and metric labels are all made from this value. */
export interface FunctionDefinition<Seen = unknown, Config = unknown> {
  /** Kebab case; folder, route, Service, metric label and commit scope. */
  readonly name: string;
  /** One sentence: what it does and when. */
  readonly summary: string;
  readonly watches: readonly Watch[];
  /** Its exact rights. */
  readonly needs: readonly Need[];
  /** Policy, read from the environment. */
  readonly config: z.ZodMiniType<Config>;
  /**
   * What an event means for this function. Pure and cheap: it may decide "nothing to do" from the event alone, and is
   * never taken as proof that something is to be done.
   */
  route(change: Change): Routed;
  /**
   * The same for one item of a sweep, where lists have already shown the object and its neighbours. With `brief`, what is
   * well need only be counted: most of a large cluster is, and its words cost more than the judgment.
   */
  triage(item: SurveyItem, brief?: boolean): Routed | Healthy;
  /** Reads all that the decision needs, the time included. The compiler proves that it cannot write. */
  observe(reader: Reader, subject: Ref, nowMs: number, config: Config): Promise<Seen>;
  /**
   * For a function whose sweep is not about what the lists of a survey show: what it looks at instead. Its `triage` is
   * then never asked.
   */
  scheduled?(config: Config, nowMs: number): Routed;
  /** Its sweep is about StorageClasses, and about nothing else that a survey reads. */
  readonly surveysClasses?: true;
  /** Whether its sweep also needs what `SurveyOptions.chain` reads. */
  readonly surveysChain?: true;
  /** What all its findings of one look at a VMBackup say of that VMBackup: for whose business it is to know. */
  readonly restorability?: (findings: readonly Finding[]) => Restorability;
  /** Decides. Pure: equal input, equal plan. `nowMs` is the time of deciding, for those whom it concerns. */
  plan(seen: Seen, config: Config, nowMs: number): Plan;
}

/** `none`: there is nothing to be judged. */
export type Restorability = 'sound' | 'broken' | 'none';

export interface Watch {
  readonly kind: KindName;
  /**
   * `resource` events carry the object, which allows cheap early exits; `reference` events only its name. VMBackups are
   * watched by reference: their status holds the VM's secrets, and an event travels through brokers and dead letters.
   */
  readonly mode: 'resource' | 'reference';
}

export interface Need {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly ('get' | 'list' | 'create' | 'patch' | 'delete')[];
  /** Only in this namespace. */
  readonly namespace?: string;
  /** Only objects of these names. */
  readonly names?: readonly string[];
}

/** A resource event, parsed. */
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

export type Routed =
  /** Nothing to do, and why. */
  | { readonly findings: readonly Finding[] }
  /** Look at these now. */
  | { readonly subjects: readonly Ref[] }
  /** Which objects this concerns is only to be found by reading. */
  | { readonly search: (reader: Reader) => AsyncIterable<Ref> };

/** In place of so many findings of one reason, with which nothing is to be done. */
export interface Healthy {
  readonly healthy: Reason;
  readonly count: number;
}

/** A definition whose own types no longer matter to who runs it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- existential type: the seen world and config of each function stay its own
export type AnyFunction = FunctionDefinition<any, any>;

/** Identity, for inference. */
export const defineFunction = <Seen, Config>(
  definition: FunctionDefinition<Seen, Config>,
): FunctionDefinition<Seen, Config> => definition;
