import { ref } from '../../shared/domain/kinds.ts';
import type { Routed } from '../../shared/function.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import { unconcerned } from './findings.ts';

/** The same for one item of a sweep, which finds what no event was delivered of. */
export function triage(item: SurveyItem): Routed {
  if (item.what !== 'content') return { subjects: [] };
  const finding = unconcerned(item.content);
  const subject = ref('VolumeSnapshotContent', item.content.metadata.name);
  return finding === undefined ? { subjects: [subject] } : { findings: [finding] };
}
