import * as z from 'zod/mini';
import * as names from '../../shared/domain/names.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { Setting } from '../../shared/objects/types.ts';

/**
 * What must not be forgotten between two events: when Gleaner last had the target scanned, and on what evidence. Without
 * it, backups that Harvester makes nothing of would have it scan for ever.
 */
export interface RescanNote {
  readonly at: string;
  /** Digest of what was there then. */
  readonly evidence: string;
  /** How many scans there were so far. */
  readonly stage: number;
}

const Note = z.strictObject({
  at: z.iso.datetime(),
  evidence: z.string().check(z.maxLength(64)),
  stage: z.number().check(z.int(), z.gte(1)),
});

/** A note that cannot be read, or is of the future, is none: at worst the target is scanned once more. */
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
