import * as z from 'zod/mini';
import { parseHandle } from '../../shared/domain/handle.ts';
import * as names from '../../shared/domain/names.ts';
import type { Snapshot } from '../../shared/objects/types.ts';
import type { NewContent } from '../../shared/plan/action.ts';

/**
 * The state of a swap, in an annotation of the snapshot. Between deleting the old content and creating the new one, no
 * other object records its deletion policy or, without a VMBackup, its backup. The new content is noted before the old
 * one is deleted, so a later run can finish the swap.
 */
export interface SwapNote {
  /** uid of the content to delete: proves that the deletion is Gleaner's own. */
  readonly uid: string;
  /** The backup that the content's handle names. */
  readonly backup: string;
  readonly content: NewContent;
}

const text = z.string();
const Owner = z.strictObject({
  apiVersion: z.literal('harvesterhci.io/v1beta1'),
  kind: z.enum(['VirtualMachineBackup', 'VirtualMachineRestore']),
  name: text,
  uid: text,
  controller: z.optional(z.boolean()),
  blockOwnerDeletion: z.optional(z.boolean()),
});

// Strict: the right to annotate a snapshot must not allow creating anything that a swap would not create.
const Note = z.strictObject({
  uid: text,
  content: z.strictObject({
    apiVersion: z.literal('snapshot.storage.k8s.io/v1'),
    kind: z.literal('VolumeSnapshotContent'),
    metadata: z.strictObject({
      name: text,
      labels: z.optional(z.record(text, text)),
      annotations: z.optional(z.record(text, text)),
      ownerReferences: z.optional(z.array(Owner)),
    }),
    spec: z.strictObject({
      driver: z.literal(names.LONGHORN_DRIVER),
      deletionPolicy: z.literal('Retain'),
      volumeSnapshotClassName: z.optional(text),
      sourceVolumeMode: z.optional(text),
      source: z.strictObject({ snapshotHandle: text }),
      volumeSnapshotRef: z.strictObject({ name: text, namespace: text, uid: text }),
    }),
  }),
});

/**
 * Reads the note of a snapshot. `unreadable` unless it describes a content on Retain for exactly this snapshot;
 * `undefined` without a note. The plan still has to check the handle.
 */
export function readNote(snapshot: Snapshot): SwapNote | 'unreadable' | undefined {
  const written = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION];
  if (written === undefined) return undefined;
  const parsed = Note.safeParse(parseJson(written));
  if (!parsed.success) return 'unreadable';
  const { uid, content } = parsed.data;
  const handle = parseHandle(content.spec.source.snapshotHandle);
  const forThis =
    handle.kind === 'backup' &&
    content.metadata.name === snapshot.spec.source.volumeSnapshotContentName &&
    content.spec.volumeSnapshotRef.name === snapshot.metadata.name &&
    content.spec.volumeSnapshotRef.namespace === snapshot.metadata.namespace &&
    content.spec.volumeSnapshotRef.uid === snapshot.metadata.uid;
  return forThis ? { uid, backup: handle.backup, content: content as NewContent } : 'unreadable';
}

export const writeNote = (uid: string, content: NewContent): string => JSON.stringify({ uid, content });

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}
