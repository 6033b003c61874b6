import type { Claim, Content, Snapshot } from '../objects/types.ts';

/** Snapshot and content become ready within seconds, or say why not; whoever makes one anew makes it young again. */
const READY_WITHIN_MS = 60 * 60_000;

export const isPastReadyDeadline = (
  { metadata }: { metadata: { creationTimestamp?: string | null | undefined } },
  nowMs: number,
) => nowMs - Date.parse(metadata.creationTimestamp ?? '') > READY_WITHIN_MS;

/** What a snapshot says is wrong with it. That its content is missing is over as soon as that was made anew. */
export function snapshotError({ status }: Snapshot, content: Content | undefined, nowMs: number): string | undefined {
  const message = status?.error?.message || undefined;
  const isOver = message === SAYS_MISSING && content !== undefined && !isPastReadyDeadline(content, nowMs);
  return isOver ? undefined : message;
}

/** The snapshot controller's words (`syncUnreadySnapshot`, 8.3.0). */
const SAYS_MISSING = 'VolumeSnapshotContent is missing';

/** In deletion for so long that something must be holding it. */
const HANGS_AFTER_MS = 30 * 60_000;

/** Why an object in deletion is taken to hang there; undefined while it may just be going. */
export function hangs(
  { metadata }: { metadata: Pick<Content['metadata'], 'deletionTimestamp' | 'finalizers'> },
  nowMs: number,
): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  const sinceMs = Date.parse(metadata.deletionTimestamp);
  if (!(nowMs - sinceMs > HANGS_AFTER_MS)) return undefined;
  const by = metadata.finalizers ?? [];
  return `has been in deletion since ${metadata.deletionTimestamp}${by.length === 0 ? '' : `, held by ${by.join(', ')}`}`;
}

/** Still waiting for its volume: what a restore that hangs looks like. */
export const isPending = (claim: Claim): boolean =>
  (claim.status?.phase ?? 'Pending') === 'Pending' && !claim.spec.volumeName;
