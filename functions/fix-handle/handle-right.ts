import { isDeleting } from '../../shared/chain/metadata.ts';
import { pointsAt } from '../../shared/chain/pair.ts';
import type { Check } from '../../shared/plan/check.ts';
import { firstAnswer } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { removeNote } from './actions.ts';
import { contentDeleting } from './blockers.ts';
import { found, rightHandleFinding } from './findings.ts';
import type { SeenHandleRight } from './observe.ts';

const checks: readonly Check<SeenHandleRight, Finding>[] = [
  goesAway, // a content in deletion is not written to
  noteLeftBehind, // the last step of a swap
];

/** The handle names the volume of its backup. */
export const handleRight = (seen: SeenHandleRight): Finding =>
  firstAnswer(checks, seen) ?? rightHandleFinding(seen, seen.verdict, seen.judged.text);

function goesAway(seen: SeenHandleRight): Finding | undefined {
  return isDeleting(seen.content) ? found(seen, ...contentDeleting(seen)) : undefined;
}

function noteLeftBehind(seen: SeenHandleRight): Finding | undefined {
  const { content, snapshot, note, judged } = seen;
  if (snapshot === undefined || note === undefined || isDeleting(snapshot)) return undefined;
  const isBound = pointsAt(snapshot, content) && content.spec.volumeSnapshotRef.uid === snapshot.metadata.uid;
  if (!isBound) return undefined;
  return found(seen, 'ClearNote', `${judged.text} is right; the note of the swap is no longer needed`, {
    actions: [removeNote(snapshot)],
  });
}
