import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { SurveyedVMBackup, SurveyItem } from '../../shared/chain/survey.ts';
import { addressFinding } from '../../shared/chain/target.ts';
import type { Considered } from '../../shared/function.ts';
import { atRest, withoutTarget } from './rest.ts';

/** With every backup in a VMBackup's hands there is nothing to look at more closely. */
export function surveys(item: SurveyItem): Considered {
  if (item.what === 'vmbackup') return surveyBackup(item);
  if (item.what !== 'target' || item.setting === undefined) return { subjects: [] };
  const absent = withoutTarget(item.setting);
  if (absent !== undefined) return { findings: [absent] };
  return item.unclaimed > 0
    ? { subjects: [ref('Setting', names.TARGET_SETTING)] }
    : { findings: [atRest(item.setting)] };
}

function surveyBackup({ backup, otherAddress }: SurveyedVMBackup): Considered {
  return otherAddress === undefined ? NOTHING : { findings: [addressFinding(backup, otherAddress)] };
}

const NOTHING: Considered = { subjects: [] };
