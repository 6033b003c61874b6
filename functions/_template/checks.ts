import { getCommand } from '../../shared/domain/kubectl.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Seen } from './observe.ts';

/** One question. What it finds ends the plan; undefined passes on to the next check. */
type Check = (seen: Seen) => Finding | undefined;

/** Asked in this order, those that do nothing first. The last one always answers. */
export const checks: readonly Check[] = [gone, nothingToDo, classExists, classMissing];

/** Deleted between the event and the look at it. */
function gone({ subject, content }: Seen): Finding | undefined {
  if (content !== undefined) return undefined;
  return { subject, reason: 'ContentGone', message: `${describeRef(subject)} does not exist`, actions: [] };
}

function nothingToDo({ content }: Seen): Finding | undefined {
  return content && unconcerned(content);
}

function classExists({ subject, snapshotClass }: Seen): Finding | undefined {
  if (snapshotClass === undefined) return undefined;
  const message = `${describeRef(subject)} has its VolumeSnapshotClass ${snapshotClass.metadata.name}`;
  return { subject, reason: 'LinkSound', message, actions: [] };
}

function classMissing({ subject, content }: Seen): Finding {
  const name = content?.spec.volumeSnapshotClassName ?? '';
  const message = `${describeRef(subject)} cannot become ready: there is no VolumeSnapshotClass ${name}`;
  return { subject, reason: 'SnapshotClassMissing', message, command: getCommand(subject), actions: [] };
}

/** What the content alone shows, so that most events and most items of a sweep cost no call. */
export function unconcerned(content: Content): Finding | undefined {
  const subject = ref('VolumeSnapshotContent', content.metadata.name);
  const leave = (reason: Finding['reason'], why: string): Finding => ({
    subject,
    reason,
    message: `${describeRef(subject)} ${why}`,
    actions: [],
  });
  if (isDeleting(content)) return leave('ContentDeleting', 'is being deleted');
  if (content.status?.readyToUse === true) return leave('LinkSound', 'is ready');
  if (!content.spec.volumeSnapshotClassName) return leave('LinkSound', 'names no VolumeSnapshotClass');
  return undefined;
}
