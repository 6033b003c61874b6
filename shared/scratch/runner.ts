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
 * A run creates objects, waits for them, reads what became of them, and removes them. It keeps no state in memory: each
 * call looks at what is there and takes the next safe step, so any call may be the last, and a later one goes on from
 * there. Pure. What a restore drill and a storage probe create, when they fail and what they say is their own.
 */

/** What one call comes to. Without actions the run waits, is over or cannot begin: the verdict of the reason says which. */
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

/** It cannot begin (now). `command`: what to run against it. */
export const refused = (reason: Reason, message: string, command: string | undefined): Outcome =>
  command === undefined ? [reason, message] : [reason, message, { command }];

/** Somebody else's object has a name that a `drill` or `probe` needs. */
export const nameTaken = (what: string, inTheWay: Ref): string =>
  `${describeRef(inTheWay)} is not the ${what}’s, and bears a name that it needs`;

/** Whether volumes of the class are made once a pod uses their claim, not before. */
export const waitsForPod = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === 'WaitForFirstConsumer';

/** Whether volumes of the class stay behind when their claims are deleted. */
export const keepsVolumes = ({ reclaimPolicy }: StorageClass): boolean => (reclaimPolicy ?? 'Delete') !== 'Delete';

/** How far one part of a run is. `waits` completes "until …" or follows a colon. */
export type Progress =
  /** Something is to be created. */
  | { readonly is: 'missing'; readonly make: readonly Action[]; readonly waits: string }
  | { readonly is: 'waiting'; readonly waits: string }
  /** It will not come: the result of the run. */
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'done' };

export const failed = (why: string) => ({ is: 'failed', why }) as const;
export const waiting = (waits: string) => ({ is: 'waiting', waits }) as const;
export const missing = (make: readonly Action[], waits: string) => ({ is: 'missing', make, waits }) as const;

/** `; the provisioner says: …`; empty where nothing is said. */
export const quoted = (who: string, said: string | undefined): string => (said ? `; ${who} says: ${said}` : '');

/**
 * How far a claim is; undefined once it is bound. `make`: what is still to be created for it, empty while it is
 * provisioned. `said`: what the provisioner warned of last, to end a sentence with.
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

/** What a run does next, with the parts that are the reason. */
export type Advance<P extends Progress> =
  | { readonly is: 'failed'; readonly parts: Is<P, 'failed'> }
  | { readonly is: 'done'; readonly parts: Is<P, 'done'> }
  | { readonly is: 'missing'; readonly parts: Is<P, 'missing' | 'waiting'>; readonly make: readonly Action[] }
  | { readonly is: 'waiting'; readonly parts: Is<P, 'missing' | 'waiting'> }
  /** Its time is over. */
  | { readonly is: 'late'; readonly parts: Is<P, 'missing' | 'waiting'> }
  /** It has no parts (any more). */
  | { readonly is: 'empty' };

/**
 * What a run of these parts does next. A failed part fails it at once, however much time is left. When all parts are done
 * it is done, however late. Otherwise it is late after `untilMs` (ms since 1970; NaN: never), and creates nothing more.
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
 * The removal as an outcome: it takes as many calls as there are steps, and is undefined when nothing is left. `actions`
 * are the next steps, `cleanUp` and `clearing` the reasons of taking them and of waiting for controllers. `left` names, for
 * people, what goes by itself afterwards and is waited for.
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
  if (actions.length > 0) return [cleanUp, `${why}, and what it made is removed: ${what}`, { actions }];
  return [clearing, `${why}, and ${what} ${there.length === 1 ? 'is' : 'are'} yet to go`, { waitsFor: what }];
}

/** Whether one of the objects is being deleted. What is found out without it shows nothing of what is tried. */
export const isSpoilt = ({ contents, snapshots, claims, pods }: ScratchObjects): boolean =>
  [...contents, ...snapshots, ...claims, ...pods].some((one) => isDeleting(one));
