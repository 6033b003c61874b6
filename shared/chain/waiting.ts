import type { Claim, Content, Snapshot } from '../objects/types.ts';

/** Age after which a pair that is not ready counts as stuck. Recreating it restarts the clock. */
const READY_WITHIN_MS = 60 * 60_000;

/** Whether an object is older than an hour, by when a snapshot and its content are ready or report an error. */
export const isPastReadyDeadline = (
  { metadata }: { metadata: { creationTimestamp?: string | null | undefined } },
  nowMs: number,
) => nowMs - Date.parse(metadata.creationTimestamp ?? '') > READY_WITHIN_MS;

/** The error in a snapshot's status. "Content is missing" no longer counts once the content was recreated. */
export function snapshotError({ status }: Snapshot, content: Content | undefined, nowMs: number): string | undefined {
  const message = status?.error?.message || undefined;
  const isOver = message === SAYS_MISSING && content !== undefined && !isPastReadyDeadline(content, nowMs);
  return isOver ? undefined : message;
}

/** The snapshot controller's message (`syncUnreadySnapshot`, 8.3.0). */
const SAYS_MISSING = 'VolumeSnapshotContent is missing';

/** An object in deletion for longer than this is held by something. */
const HANGS_AFTER_MS = 30 * 60_000;

/** Why an object hangs in deletion; `undefined` while it may be deleted normally. */
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

/** Whether a claim still waits for its volume, as during a restore that hangs. */
export const isPending = (claim: Claim): boolean =>
  (claim.status?.phase ?? 'Pending') === 'Pending' && !claim.spec.volumeName;
