import { getCommand } from '../../shared/domain/kubectl.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { LONGHORN_DRIVER } from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Seen } from './observe.ts';

/** One check. Its finding ends the plan; `undefined` passes on to the next check. */
type Check = (seen: Seen) => Finding | undefined;

/** Asked in this order; checks that lead to no action come first. */
export const checks: readonly Check[] = [gone, nothingToDo, classExists, classMissing];

/** The content was deleted after the event. */
function gone({ subject, content }: Seen): Finding | undefined {
  if (content !== undefined) return undefined;
  return { subject, reason: 'ContentGone', message: `${describeRef(subject)} does not exist`, actions: [] };
}

function nothingToDo({ content }: Seen): Finding | undefined {
  return content && unconcerned(content);
}

function classExists({ content, snapshotClass }: Seen): Finding | undefined {
  return content && snapshotClass && found(content, 'LinkSound', `has its class ${snapshotClass.metadata.name}`);
}

function classMissing({ subject, content }: Seen): Finding | undefined {
  if (content === undefined) return undefined;
  const name = content.spec.volumeSnapshotClassName ?? '';
  const what = `cannot become ready: there is no VolumeSnapshotClass ${name}`;
  return { ...found(content, 'SnapshotClassMissing', what), command: getCommand(subject) };
}

/** Judges by the content alone, so that most events and most items of a sweep cost no call. */
export function unconcerned(content: Content): Finding | undefined {
  if (content.spec.driver === LONGHORN_DRIVER)
    return found(content, 'LinkSound', 'is Longhorn’s: fix-handle sees to it');
  if (isDeleting(content)) return found(content, 'ContentDeleting', 'is being deleted');
  if (content.status?.readyToUse === true) return found(content, 'LinkSound', 'is ready');
  if (!content.spec.volumeSnapshotClassName) return found(content, 'LinkSound', 'names no VolumeSnapshotClass');
  return undefined;
}

/** A finding about a content. `gleaner scan -n` filters by the namespace of its snapshot. */
function found({ metadata, spec }: Content, reason: Reason, what: string): Finding {
  const subject = ref('VolumeSnapshotContent', metadata.name);
  const { namespace, name } = spec.volumeSnapshotRef;
  const facts = { snapshot: `${namespace}/${name}` };
  return { subject, reason, message: `${describeRef(subject)} ${what}`, facts, actions: [] };
}
