import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { SurveyedVMBackup, SurveyItem } from '../../shared/survey-item.ts';
import { addressFinding } from '../../shared/chain/target.ts';
import type { Routed } from '../../shared/function.ts';
import { targetIdle, targetDiffers, withoutTarget } from './target-settings.ts';

/** Selects the target if a Backup is unread or unclaimed. */
export function triage(item: SurveyItem): Routed {
  if (item.what === 'vmbackup') return surveyBackup(item);
  if (item.what !== 'target') return NOTHING;
  const { setting, differs } = item;
  const findings = differs === undefined ? [] : [targetDiffers(differs)];
  if (setting === undefined) return { findings };
  const absent = withoutTarget(setting);
  if (absent !== undefined) return { findings: [...findings, absent] };
  return item.unclaimed > 0 || item.beingPulled > 0
    ? { subjects: [ref('Setting', names.TARGET_SETTING)] }
    : { findings: [...findings, targetIdle(setting)] };
}

function surveyBackup({ backup, otherAddress }: SurveyedVMBackup): Routed {
  return otherAddress === undefined ? NOTHING : { findings: [addressFinding(backup, otherAddress)] };
}

const NOTHING: Routed = { subjects: [] };
