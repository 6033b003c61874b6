import { describeRef } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeBackup } from '../../shared/chain/longhorn-backup.ts';
import { judgeContent, judgeHandle } from '../../shared/chain/content.ts';
import { pointsAt } from '../../shared/chain/pair.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import { found, handleRight, leftAlone } from './findings.ts';
import { removeNote } from './actions.ts';
import { backupMissing } from './backup-missing.ts';
import { contentMissing } from './content-missing.ts';
import { wrong } from './wrong-handle.ts';
import { inDeletion } from './blockers.ts';

/**
 * Decides what is to be done about one content's handle. Pure. Never touches what is not a pre-provisioned content of
 * Longhorn's driver; never plans a deletion without the Retain before it.
 */
export function plan(seen: Seen, config: Config): Plan {
  return { findings: [decide(seen, config)].flat() };
}

function decide(seen: Seen, config: Config): Finding | Finding[] {
  const { content, snapshot } = seen;
  if (content === undefined) return snapshot === undefined ? gone(seen) : contentMissing(seen, snapshot);
  const judged = judgeContent(content);
  if ('reason' in judged) return leftAlone(seen, content, judged);
  const facts = judgeBackup(judged.handle.backup, seen.backup);
  if ('reason' in facts) return backupMissing(seen, content, judged, facts);
  const verdict = judgeHandle(judged, facts);
  if (verdict !== 'wrong') return right(seen, content, verdict, judged.text);
  return wrong(seen, content, judged, facts.volume, config);
}

function gone(seen: Seen): Finding {
  return found(seen, 'ContentGone', `${describeRef(seen.subject)} does not exist`);
}

function right(seen: Seen, content: Content, reason: 'HandleRight' | 'LegacyScheme', text: string): Finding {
  if (isDeleting(content)) return found(seen, ...inDeletion(seen, content));
  const { snapshot, note } = seen;
  const standsIn = snapshot !== undefined && note !== undefined && pointsAt(snapshot, content) && !isDeleting(snapshot);
  if (standsIn && content.spec.volumeSnapshotRef.uid === snapshot.metadata.uid) {
    return found(seen, 'ClearNote', `${text} is right; the note of the swap is no longer needed`, {
      actions: [removeNote(snapshot)],
    });
  }
  return handleRight(seen, reason, text);
}
