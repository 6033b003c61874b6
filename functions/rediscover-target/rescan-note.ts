import * as z from 'zod/mini';
import * as names from '../../shared/domain/names.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { Setting } from '../../shared/objects/types.ts';

/**
 * When Gleaner last started a scan, and on what evidence. Without this note, backups that Harvester ignores would cause
 * scans forever.
 */
export interface RescanNote {
  readonly at: string;
  /** Digest of the evidence at that time. */
  readonly evidence: string;
  /** Number of scans so far. */
  readonly stage: number;
}

const Note = z.strictObject({
  at: z.iso.datetime(),
  evidence: z.string().check(z.maxLength(64)),
  stage: z.number().check(z.int(), z.gte(1)),
});

/** The note; undefined if it is invalid or from the future: at worst the target is scanned once more. */
export function readNote({ metadata }: Setting, nowMs: number): RescanNote | undefined {
  const written = metadata.annotations[names.REDISCOVERY_ANNOTATION];
  if (written === undefined) return undefined;
  try {
    const parsed = Note.safeParse(JSON.parse(written));
    return parsed.success && !isAhead(parsed.data.at, nowMs) ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export const writeNote = (note: RescanNote): string => JSON.stringify(note);
