import { isDeleting } from '../chain/metadata.ts';
import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import type { Claim, StorageClass } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { Finding } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import type { ScratchObjects } from './scratch.ts';
import { describeObjects } from './scratch.ts';

/**
 * A run creates objects, waits for them, judges the result, and removes them. It keeps no state in memory: each call
 * observes the cluster and takes the next safe step, so a run can be interrupted anywhere and continued later. Pure.
 * Restore drills and storage probes add which objects they create, when they fail, and their messages.
 */

/** Result of one call. Without actions the run waits, is over or cannot start, as the verdict of the reason says. */
export type Outcome = readonly [
  reason: Reason,
  message: string,
  more?: Pick<Partial<Finding>, 'actions' | 'command' | 'waitsFor'>,
];

export const findingOf = (subject: Ref, [reason, message, more]: Outcome, facts?: Finding['facts']): Finding => ({
  subject,
  reason,
  message,
  actions: [],
  ...(facts !== undefined && { facts }),
  ...more,
});

/** The run cannot start (now). `command`: shows or removes the cause. */
export const refused = (reason: Reason, message: string, command: string | undefined): Outcome =>
  command === undefined ? [reason, message] : [reason, message, { command }];

/** The message for an object of another owner with a name that a `drill` or `probe` needs. */
export const nameTaken = (what: string, inTheWay: Ref): string =>
  `${describeRef(inTheWay)} does not belong to the ${what} but has a name that it needs`;

/** Whether the class provisions a volume only once a pod uses its claim. */
export const waitsForPod = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === 'WaitForFirstConsumer';

/** Whether the class keeps volumes when their claims are deleted. */
export const keepsVolumes = ({ reclaimPolicy }: StorageClass): boolean => (reclaimPolicy ?? 'Delete') !== 'Delete';

/** Progress of one part of a run. `waits` completes "until …" or follows a colon. */
export type Progress =
  /** Objects have to be created: `make`. */
  | { readonly is: 'missing'; readonly make: readonly Action[]; readonly waits: string }
  | { readonly is: 'waiting'; readonly waits: string }
  /** Final: the run fails with this. */
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'done' };

export const failed = (why: string) => ({ is: 'failed', why }) as const;
export const waiting = (waits: string) => ({ is: 'waiting', waits }) as const;
export const missing = (make: readonly Action[], waits: string) => ({ is: 'missing', make, waits }) as const;

/** `; <who> says: <said>`; empty without `said`. */
export const quoted = (who: string, said: string | undefined): string => (said ? `; ${who} says: ${said}` : '');

/**
 * Progress of a claim; undefined once it is bound. `make`: what still has to be created for it, empty while it is
 * provisioned. `said`: the last warning of the provisioner, as the end of a message.
 */
export function claimProgress(
  claim: Claim | undefined,
  make: readonly Action[],
  waits: { readonly missing: string; readonly bound: string },
  said = '',
): Exclude<Progress, { is: 'done' }> | undefined {
  switch (claim?.status?.phase) {
    case 'Bound':
      return undefined;
    case 'Lost':
      return failed('its claim has lost its volume');
    default:
      return make.length > 0 ? missing(make, waits.missing) : waiting(`${waits.bound}${said}`);
  }
}

type NonEmpty<T> = readonly [T, ...T[]];
type Is<P extends Progress, K extends Progress['is']> = NonEmpty<Extract<P, { readonly is: K }>>;

/** The next step of a run, with the parts that cause it. */
export type Advance<P extends Progress> =
  | { readonly is: 'failed'; readonly parts: Is<P, 'failed'> }
  | { readonly is: 'done'; readonly parts: Is<P, 'done'> }
  | { readonly is: 'missing'; readonly parts: Is<P, 'missing' | 'waiting'>; readonly make: readonly Action[] }
  | { readonly is: 'waiting'; readonly parts: Is<P, 'missing' | 'waiting'> }
  /** The deadline has passed. */
  | { readonly is: 'late'; readonly parts: Is<P, 'missing' | 'waiting'> }
  /** The run has no parts. */
  | { readonly is: 'empty' };

/**
 * The next step of a run with these parts. A failed part fails it at once. It is done when all parts are done, even
 * after the deadline. Otherwise it is late after `untilMs` (ms since 1970; NaN: never), and creates nothing more.
 */
export function advance<P extends Progress>(parts: readonly P[], nowMs: number, untilMs: number): Advance<P> {
  const those = <K extends Progress['is']>(...kinds: K[]) =>
    parts.filter((part): part is Extract<P, { readonly is: K }> => (kinds as string[]).includes(part.is));
  const [failures, open, done] = [those('failed'), those('missing', 'waiting'), those('done')];
  if (isNonEmpty(failures)) return { is: 'failed', parts: failures };
  if (!isNonEmpty(open)) return isNonEmpty(done) ? { is: 'done', parts: done } : { is: 'empty' };
  if (nowMs > untilMs) return { is: 'late', parts: open };
  const make = open.flatMap((part) => (part.is === 'missing' ? part.make : []));
  return make.length > 0 ? { is: 'missing', parts: open, make } : { is: 'waiting', parts: open };
}

const isNonEmpty = <T>(all: readonly T[]): all is NonEmpty<T> => all.length > 0;

/**
 * The next step of the clean-up; undefined when nothing is left. `actions`: the next deletions. `cleanUp`: the reason
 * with actions; `clearing`: the reason while controllers delete. `left`: descriptions of objects that controllers
 * delete afterwards, to wait for.
 */
export function clear(
  { cleanUp, clearing }: { readonly cleanUp: Reason; readonly clearing: Reason },
  why: string,
  objects: ScratchObjects,
  actions: readonly Action[],
  left: readonly string[] = [],
): Outcome | undefined {
  const there = [...describeObjects(objects), ...left];
  const what = there.join(', ');
  if (there.length === 0) return undefined;
  if (actions.length > 0) return [cleanUp, `${why}; cleaning up: ${what}`, { actions }];
  return [clearing, `${why}; waiting for the deletion of ${what}`, { waitsFor: what }];
}

/** Whether one of the objects is being deleted. A result without it would prove nothing. */
export const isSpoilt = ({ contents, snapshots, claims, pods }: ScratchObjects): boolean =>
  [...contents, ...snapshots, ...claims, ...pods].some((one) => isDeleting(one));
