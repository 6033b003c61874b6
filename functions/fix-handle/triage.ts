import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { getCommand, retainCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { judgeContent, judgeHandle } from '../../shared/chain/content.ts';
import type { SurveyedContent, SurveyItem } from '../../shared/survey-item.ts';
import type { Routed, Healthy } from '../../shared/function.ts';
import type { Content } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { found, rightHandleFinding, notOurs, troubled } from './findings.ts';

/**
 * Selects from the lists alone what needs a closer look: wrong handles, missing contents, unfinished swaps.
 * `brief`: counts healthy contents instead of returning their findings.
 */
export function triage(item: SurveyItem, brief = false): Routed | Healthy {
  switch (item.what) {
    case 'content':
      return surveyContent(item, brief);
    case 'snapshot': {
      const { snapshot, pair } = item;
      if (pair.dynamic || (pair.hasContent && pair.notRight)) return { subjects: [] };
      const noted = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
      const look = noted || !pair.hasContent;
      return { subjects: look ? [ref('VolumeSnapshot', snapshot.metadata.name, snapshot.metadata.namespace)] : [] };
    }
    case 'unreadable': {
      const message = `${describeRef(item.object)} does not have the shape of its kind: ${item.issue}`;
      return one({
        subject: item.object,
        reason: 'ObjectUnreadable',
        message,
        command: getCommand(item.object),
        actions: [],
      });
    }
    case 'shared':
      return shared(item.backup, item.contents);
    case 'vmbackup':
    case 'restore':
    case 'target':
    case 'targetTrouble':
    case 'orphan':
    case 'hanging':
    case 'drill':
    case 'storageClasses':
      return { subjects: [] };
  }
}

function surveyContent(
  { content, facts, judged = judgeContent(content) }: SurveyedContent,
  brief: boolean,
): Routed | Healthy {
  if (brief && 'handle' in judged && facts !== undefined && 'volume' in facts && !isDeleting(content)) {
    const verdict = judgeHandle(judged, facts);
    if (verdict !== 'wrong') return { healthy: verdict, count: 1 };
  }
  if (brief && 'reason' in judged && judged.reason !== 'HandleUnreadable') return { healthy: judged.reason, count: 1 };
  const subject = ref('VolumeSnapshotContent', content.metadata.name);
  if ('reason' in judged) return one(notOurs({ subject, content, judged }));
  const seen = { subject, content, backupName: judged.handle.backup };
  if (facts === undefined || 'reason' in facts) {
    // The owner decides whether a lost backup matters: behind a finished restore it is harmless.
    const restores = content.metadata.ownerReferences?.some((o) => o.kind === 'VirtualMachineRestore') === true;
    // The handle may name the wrong backup: the VMBackup records the right one.
    const look =
      restores || isDeleting(content) || facts?.reason === 'BackupMissing' || facts?.reason === 'ObjectUnreadable';
    if (facts === undefined || look) return { subjects: [subject] };
    return { findings: troubled(seen, judged, facts, `the handle is ${judged.text}, but ${facts.detail}`) };
  }
  const verdict = judgeHandle(judged, facts);
  if (verdict === 'wrong' || isDeleting(content)) return { subjects: [subject] };
  return one(rightHandleFinding(seen, verdict, judged.text));
}

function shared(backup: string, contents: readonly Content[]): Routed {
  const held = contents.map(({ metadata }) => metadata.name);
  const message = `VolumeSnapshotContents ${held.join(' and ')} all have deletionPolicy Delete and name backup ${backup}`;
  const command = retainCommand(held[0] ?? '');
  return {
    findings: contents.map((content) => {
      const subject = ref('VolumeSnapshotContent', content.metadata.name);
      return found({ subject, content, backupName: backup }, 'SharedBackup', message, { command });
    }),
  };
}

const one = (finding: Finding): Routed => ({ findings: [finding] });
