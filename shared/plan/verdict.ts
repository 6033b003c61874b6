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
   * Resolves within seconds, so `apply` waits for it: `true` if the controllers do it,
   * or the name of the function that has to act.
   */
  readonly passes?: true | string;
  /** The function that reports it for the volumes of a VMBackup, because it knows more or has the repair. Where it runs too, the others stay silent. */
  readonly toldBy?: string;
}
