import { getCommand } from '../../shared/domain/kubectl.ts';
import { describeRef } from '../../shared/domain/kinds.ts';
import type { Check } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { found, unconcerned } from './findings.ts';
import type { Seen } from './observe.ts';

/** Asked in this order, those that do nothing first. */
export const checks: readonly Check<Seen, Finding>[] = [gone, nothingToDo, classExists, classMissing];

/** Deleted between the event and the look at it. */
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
