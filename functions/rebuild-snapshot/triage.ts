import { ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf, isRemote, isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import { isDelayed, isYounger } from '../../shared/chain/dynamic-content.ts';
import type { Routed } from '../../shared/function.ts';
import type { VolumeEntry } from '../../shared/objects/types.ts';

type SurveyedBackup = Extract<SurveyItem, { what: 'vmbackup' }>;

/** Sorts out, from lists alone, the VMBackups of which something is lost. Of the others relink-vmbackup says how they are. */
export function triage(item: SurveyItem): Routed {
  if (item.what !== 'vmbackup') return { subjects: [] };
  const { backup } = item;
  if (isDeleting(backup) || !isRemote(backup)) return { subjects: [] };
  const look = entriesOf(backup).some((entry) => needsLook(entry, item));
  return { subjects: look ? [ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace)] : [] };
}

function needsLook(entry: VolumeEntry, { backup, pairOf }: SurveyedBackup): boolean {
  const { name, csiDriverName, longhornBackupName } = entry;
  if (!name || !isOnLonghorn({ csiDriverName })) return false;
  const pair = pairOf(name);
  if (!pair.hasSnapshot) return true;
  if (!pair.dynamic) return !pair.hasContent || pair.unready;
  if (!pair.hasOwnData || (longhornBackupName && !pair.names(longhornBackupName))) return true;
  const { takenAtMs } = pair;
  return takenAtMs !== undefined && (isYounger(backup, takenAtMs) || isDelayed(backup, takenAtMs));
}
