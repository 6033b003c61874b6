/**
 * - `leave`: nothing to do: the subject is healthy, or Gleaner does not manage it.
 * - `act`: the plan holds the next safe steps.
 * - `wait`: the next step must wait; `waitsFor` says for what. An event follows when that happens.
 * - `report`: only a person can decide; the message says what to do.
 */
export type VerdictKind = 'leave' | 'act' | 'wait' | 'report';

/** The documentation and behaviour of one reason. */
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
  /**
   * The function that reports this for the volumes of a VMBackup, because it knows more or can repair it. Where that
   * function runs too, the others omit the finding.
   */
  readonly reportedBy?: string;
}
