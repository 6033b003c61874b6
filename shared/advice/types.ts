/** A recommended practice, and whether this cluster follows it. */
export interface Advice {
  /** Stable identifier. */
  readonly name: string;
  readonly practice: string;
  readonly result: 'kept' | 'advised' | 'unknown';
  /** Why it is recommended. */
  readonly why: string;
  /** What was seen. */
  readonly evidence: string;
  /** How to achieve it: a command, or a sentence. */
  readonly command?: string;
}
