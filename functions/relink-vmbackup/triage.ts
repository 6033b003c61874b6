import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf, isRemote } from '../../shared/chain/vmbackup.ts';
import type { PairState } from '../../shared/survey-item.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import type { Routed, Healthy } from '../../shared/function.ts';
import type { VolumeEntry } from '../../shared/objects/types.ts';
import { judgeListed, LINK_DOUBTS } from '../../shared/survey/soundness.ts';
import type { Finding } from '../../shared/plan/plan.ts';

type SurveyedBackup = Extract<SurveyItem, { what: 'vmbackup' }>;

/** Selects from the lists alone the VMBackups that need a closer look. `brief`: counts the healthy ones. */
export function triage(item: SurveyItem, brief = false): Routed | Healthy {
  if (item.what !== 'vmbackup') return { subjects: [] };
  const { backup } = item;
  const plain = !isDeleting(backup) && isRemote(backup);
  const entries = entriesOf(backup);
  const [first] = entries;
  const looks = !plain || first === undefined || entries.some((entry) => needsLook(entry, item));
  if (!looks && brief) {
    const reason = reasonOf(first, item);
    if (entries.every((entry) => reasonOf(entry, item) === reason)) return { healthy: reason, count: entries.length };
  }
  const subject = ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace);
  if (looks) return { subjects: [subject] };
  return { findings: entries.map((entry) => linked(subject, entry, item)) };
}

function needsLook(entry: VolumeEntry, { backup, pairOf, isRevised }: SurveyedBackup): boolean {
  const name = entry.name ?? '';
  const pair = pairOf(name);
  const doubts = judgeListed(backup, entry, pair);
  if (pair.dynamic) return (doubts & LINK_DOUBTS.taken) !== 0;
  if ((doubts & LINK_DOUBTS.provisioned) !== 0) return true;
  return isRevised(name) || names.predecessorNames(name).some((before) => isThere(pairOf(before)));
}

/** Whether any part exists. A content without a remote backup counts too: it has the name of a former pair. */
const isThere = ({ hasSnapshot, hasContent, notRight }: PairState): boolean => hasSnapshot || hasContent || notRight;

const reasonOf = ({ name }: VolumeEntry, { pairOf }: SurveyedBackup) =>
  pairOf(name ?? '').dynamic ? 'DynamicContent' : 'VolumeLinked';

function linked(subject: Finding['subject'], entry: VolumeEntry, item: SurveyedBackup): Finding {
  const name = entry.name ?? '';
  const reason = reasonOf(entry, item);
  return {
    subject,
    volume: entry.volumeName,
    reason,
    message:
      reason === 'DynamicContent'
        ? `volume ${entry.volumeName} uses ${name}, taken on this cluster`
        : `volume ${entry.volumeName} uses ${name}, whose handle is right`,
    facts: {
      snapshot: `${subject.namespace}/${name}`,
      ...(entry.longhornBackupName && { backup: entry.longhornBackupName }),
    },
    actions: [],
  };
}
