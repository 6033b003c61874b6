/** Event types Gleaner understands, and those it sends itself. */

/** Knative's ApiServerSource, in both of its modes. */
export const resourceTypes: Readonly<
  Record<string, { readonly type: 'add' | 'update' | 'delete'; readonly withObject: boolean }>
> = {
  'dev.knative.apiserver.resource.add': { type: 'add', withObject: true },
  'dev.knative.apiserver.resource.update': { type: 'update', withObject: true },
  'dev.knative.apiserver.resource.delete': { type: 'delete', withObject: true },
  'dev.knative.apiserver.ref.add': { type: 'add', withObject: false },
  'dev.knative.apiserver.ref.update': { type: 'update', withObject: false },
  'dev.knative.apiserver.ref.delete': { type: 'delete', withObject: false },
};

/** What asks for a look at everything. */
export const sweepTypes = {
  /** A PingSource's. */
  tick: 'dev.knative.sources.ping',
  /** A person's own event. */
  asked: 'dev.gleaner.sweep',
} as const;

/**
 * What an answer says. But for `sweptInPart`, which has a function go on with its own sweep and comes to an end, none of
 * them is a type that a trigger of Gleaner's listens to: a reply that matched its own trigger would run the function some
 * 255 times.
 */
export const replyTypes = {
  /** Something was written. */
  applied: 'dev.gleaner.applied',
  /** Something would have been written, but only reporting is asked for. */
  planned: 'dev.gleaner.planned',
  /** Nothing can be done by Gleaner alone: a person must look. */
  reported: 'dev.gleaner.reported',
  /** To be continued at the next event. */
  waiting: 'dev.gleaner.waiting',
  /** A sweep's sums. */
  swept: 'dev.gleaner.swept',
  /** The same of a sweep whose time was up, and where it is to go on. */
  sweptInPart: 'dev.gleaner.swept.part',
} as const;

/** Where a function's answers say they come from. */
export const replySource = (fn: string): string => `/gleaner/functions/${fn}`;
