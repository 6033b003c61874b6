import { ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf, isRemote } from '../../shared/chain/vmbackup.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import { judgeListed, LOSS_DOUBTS } from '../../shared/survey/soundness.ts';
import { isOurs } from './observe.ts';
import type { Routed } from '../../shared/function.ts';
import type { VolumeEntry } from '../../shared/objects/types.ts';

type SurveyedBackup = Extract<SurveyItem, { what: 'vmbackup' }>;

/** Selects from the lists alone the VMBackups that lost a part. relink-vmbackup reports on all others. */
export function triage(item: SurveyItem): Routed {
  if (item.what !== 'vmbackup') return { subjects: [] };
  const { backup } = item;
  if (isDeleting(backup) || !isRemote(backup)) return { subjects: [] };
  const look = entriesOf(backup).some((entry) => needsLook(entry, item));
  return { subjects: look ? [ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace)] : [] };
}

function needsLook(entry: VolumeEntry, { backup, pairOf }: SurveyedBackup): boolean {
  if (!isOurs(entry)) return false;
  const pair = pairOf(entry.name ?? '');
  return (judgeListed(backup, entry, pair) & LOSS_DOUBTS[pair.dynamic ? 'taken' : 'provisioned']) !== 0;
}
