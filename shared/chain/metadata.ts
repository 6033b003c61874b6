import type { OwnerReference } from '../objects/types.ts';

export const isDeleting = (object: { metadata: { deletionTimestamp?: string | null | undefined } }): boolean =>
  object.metadata.deletionTimestamp !== undefined && object.metadata.deletionTimestamp !== null;

export const isOwnedBy = (
  object: { metadata: { ownerReferences?: OwnerReference[] | null | undefined } },
  uid: string,
): boolean => (object.metadata.ownerReferences ?? []).some((o) => o.uid === uid);
