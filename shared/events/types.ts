/** The event types that Gleaner receives and sends. */

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

/** Events that request a sweep. */
export const sweepTypes = {
  /** From a PingSource. */
  tick: 'dev.knative.sources.ping',
  /** Sent by a person. */
  asked: 'dev.gleaner.sweep',
} as const;

/**
 * Types of replies. None except `sweptInPart` matches a trigger of Gleaner: a reply that matched the trigger of its
 * sender would loop some 255 times. `sweptInPart` continues the function's own sweep and ends after `MOST_PARTS`.
 */
export const replyTypes = {
  /** Something was written. */
  applied: 'dev.gleaner.applied',
  /** Something would have been written, but the function only reports. */
  planned: 'dev.gleaner.planned',
  /** Gleaner cannot act alone: a person must look. */
  reported: 'dev.gleaner.reported',
  /** The next event continues this. */
  waiting: 'dev.gleaner.waiting',
  /** The summary of a sweep. */
  swept: 'dev.gleaner.swept',
  /** The summary of a sweep whose time was up, with the cursor to continue from. */
  sweptInPart: 'dev.gleaner.swept.part',
} as const;

/** The `source` of a function's replies. */
export const replySource = (fn: string): string => `/gleaner/functions/${fn}`;
