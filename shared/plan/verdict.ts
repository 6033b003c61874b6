/**
 * - `leave`: nothing to do, all is well or it is not ours.
 * - `act`: the plan holds the next safe steps.
 * - `wait`: something is to be done, but not yet; `waitsFor` says what must happen first (an event will come).
 * - `report`: only a person can decide; the message says what to do.
 */
export type VerdictKind = 'leave' | 'act' | 'wait' | 'report';

export interface ReasonInfo {
  readonly verdict: VerdictKind;
  /** What it means. */
  readonly means: string;
  /** What Gleaner does about it. */
  readonly does: string;
  /** What the reader can do. */
  readonly youCan: string;
  /**
   * It passes within seconds, and whoever applies a plan to its end waits for it: `true` where the controllers are at it,
   * else the name of the function that has to act.
   */
  readonly passes?: true | string;
  /** The function that tells it of a VMBackup's volumes, since it knows more or has the repair: where it runs too, once is enough. */
  readonly toldBy?: string;
}
