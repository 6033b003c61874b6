import type { Action } from '../plan/action.ts';
import type { Reader, Writer } from './ports.ts';

export interface Applied {
  readonly action: Action;
  /** `unchanged`: the world already was as wanted (a create found its own object). */
  readonly result: 'done' | 'unchanged';
}

/** Applies actions in order; each yields as it is done, so that what happened is known even when a later one fails. */
export interface Applier {
  apply(actions: readonly Action[]): AsyncIterable<Applied>;
}

export declare function createApplier(reader: Reader, writer: Writer): Applier;
