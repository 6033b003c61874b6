/** A practice worth keeping, and whether this cluster keeps it. */
export interface Advice {
  /** Stable. */
  readonly name: string;
  readonly practice: string;
  readonly result: 'kept' | 'advised' | 'unknown';
  /** Why it is worth it. */
  readonly why: string;
  /** What was seen. */
  readonly evidence: string;
  /** What brings it about: a command, or a sentence. */
  readonly command?: string;
}
