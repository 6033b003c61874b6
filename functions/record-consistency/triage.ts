import type { RecordedConsistency, ConsistencyLevel } from '../../shared/chain/consistency.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import type { Routed, Healthy } from '../../shared/function.ts';
import { reasonOf } from './judge.ts';

/** Age up to which a sweep looks for new facts. Older VMBackups yield none. */
const YOUNG_MS = 24 * 3600_000;

const predicates: Readonly<Record<ConsistencyLevel, string>> = {
  frozen: 'was taken while the file systems were frozen',
  'freeze-lapsed': 'was taken after the file systems had thawed',
  'freeze-unsure': 'was taken about when the file systems were frozen',
  crash: 'was taken while the VM was running and nothing was frozen',
  off: 'was taken with the VM off',
  'just-stopped': 'was taken just after the VM had stopped',
};

/** Reports the recorded levels; selects recent VMBackups that may still yield facts. `brief`: counts instead. */
export function triage(item: SurveyItem, brief = false): Routed | Healthy {
  if (item.what !== 'vmbackup' || isDeleting(item.backup)) return { subjects: [] };
  const { backup, pairOf, nowMs } = item;
  const notes = entriesOf(backup).map(({ name }) => (name ? pairOf(name).recorded : undefined));
  const known = notes.find((one) => one !== undefined);
  const isOpen = notes.length === 0 || notes.some((one) => one?.settled !== true);
  const subject = () => ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace);
  const isYoung = () => nowMs - Date.parse(backup.metadata.creationTimestamp ?? '') < YOUNG_MS;
  if (isOpen && backup.status?.sourceUID && isYoung()) return { subjects: [subject()] };
  if (brief) return { healthy: reasonOf[known?.level ?? 'unknown'], count: 1 };
  return { findings: [findingOf(subject(), known)] };
}

function findingOf(subject: ReturnType<typeof ref>, noted: RecordedConsistency | undefined) {
  const level = noted?.level ?? 'unknown';
  const what = noted === undefined ? 'has no record of how its data was taken' : predicates[noted.level];
  return {
    subject,
    reason: reasonOf[level],
    message: `${describeRef(subject)} ${what}`,
    facts: { consistency: level },
    actions: [],
  };
}
