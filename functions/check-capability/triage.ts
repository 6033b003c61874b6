import { ref } from '../../shared/domain/kinds.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import type { Routed } from '../../shared/function.ts';
import { driversSetting } from './route.ts';

/** Every StorageClass, and Harvester's Setting of CSI drivers. */
export function triage(item: SurveyItem): Routed {
  if (item.what !== 'storageClasses') return { subjects: [] };
  if (item.unknown !== undefined) {
    const message = `storage capabilities are not visible: ${item.unknown}`;
    return { findings: [{ subject: driversSetting, reason: 'CapabilityUnknown', message, actions: [] }] };
  }
  return { subjects: [driversSetting, ...item.classes.map(({ metadata }) => ref('StorageClass', metadata.name))] };
}
