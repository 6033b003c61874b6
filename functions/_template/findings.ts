import { isDeleting } from '../../shared/chain/metadata.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { LONGHORN_DRIVER } from '../../shared/domain/names.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** What the content alone shows, so that most events and most items of a sweep cost no call. */
export function unconcerned(content: Content): Finding | undefined {
  if (content.spec.driver === LONGHORN_DRIVER)
    return found(content, 'LinkSound', 'is Longhorn’s: fix-handle sees to it');
  if (isDeleting(content)) return found(content, 'ContentDeleting', 'is being deleted');
  if (content.status?.readyToUse === true) return found(content, 'LinkSound', 'is ready');
  if (!content.spec.volumeSnapshotClassName) return found(content, 'LinkSound', 'names no VolumeSnapshotClass');
  return undefined;
}

/** A finding about a content; by its snapshot `gleaner scan -n` knows whose it is. */
export function found({ metadata, spec }: Content, reason: Reason, what: string): Finding {
  const subject = ref('VolumeSnapshotContent', metadata.name);
  const { namespace, name } = spec.volumeSnapshotRef;
  const facts = { snapshot: `${namespace}/${name}` };
  return { subject, reason, message: `${describeRef(subject)} ${what}`, facts, actions: [] };
}
