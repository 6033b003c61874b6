import { ref } from '../../shared/domain/kinds.ts';
import type { SurveyItem } from '../../shared/chain/survey-items.ts';
import type { Considered } from '../../shared/function.ts';
import { driversSetting } from './considers.ts';

/** Each StorageClass, and Harvester's list of drivers. */
export function surveys(item: SurveyItem): Considered {
  if (item.what !== 'storageClasses') return { subjects: [] };
  if (item.unknown !== undefined) {
    const message = `storage capabilities are not visible: ${item.unknown}`;
    return { findings: [{ subject: driversSetting, reason: 'CapabilityUnknown', message, actions: [] }] };
  }
  return { subjects: [driversSetting, ...item.classes.map(({ metadata }) => ref('StorageClass', metadata.name))] };
}
