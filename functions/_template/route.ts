import { ref } from '../../shared/domain/kinds.ts';
import { leave } from '../../shared/chain/event-subjects.ts';
import type { Change, Routed } from '../../shared/function.ts';
import { unconcerned } from './findings.ts';

/** A content that has appeared or changed. Most are Longhorn’s or ready, which the event shows: no call is made for them. */
export function route(change: Change): Routed {
  if (change.kind !== 'VolumeSnapshotContent') return { subjects: [] };
  if (change.type === 'delete') return leave(change, 'ContentGone', 'it is gone');
  const finding = change.object && unconcerned(change.object);
  return finding === undefined ? { subjects: [ref(change.kind, change.name)] } : { findings: [finding] };
}
