import * as names from '../domain/names.ts';
import type { KindName, Ref } from '../domain/kinds.ts';
import { ref, namespaceOf } from '../domain/kinds.ts';
import type { Reader } from '../ports/reader.ts';
import type { PairIndex } from './pair-index.ts';
import { addContent, backupBits, slot, flag, isBound, isUnfinished, stateOf } from './pair-index.ts';
import { parseHandle } from '../domain/handle.ts';
import type { Content, Snapshot } from '../objects/types.ts';
import type { BackupIndex } from './backup-index.ts';
import { drillOf, traceOf } from '../chain/drill-marks.ts';
import { hangs } from '../chain/waiting.ts';
import { isDeleting } from '../chain/metadata.ts';
import { judgeContent } from '../chain/content.ts';
import { contentNameOf } from '../chain/lookup.ts';
import { backupNamedBy, belongsToNoVMBackup } from '../chain/orphans.ts';
import { contentsNaming } from '../chain/queries.ts';
import type { NameTable } from './name-table.ts';
import { hash } from './name-table.ts';
import { dynamicData } from '../chain/dynamic-content.ts';
import type { SurveyedContent, SurveyItem } from '../survey-item.ts';

/** The survey item of a content or snapshot made by a restore drill; undefined for any other. */
export function surveyDrill(kind: KindName, object: Content | Snapshot, nowMs: number): SurveyItem | undefined {
  if (drillOf(object) === undefined) return undefined;
  const { metadata } = object;
  const namespace = namespaceOf({ metadata });
  return { what: 'drill', object: ref(kind, metadata.name, namespace), trace: traceOf(object, nowMs) };
}

/** The content in use by a snapshot, and the uid of the snapshot, which that content must name. */
export interface Chosen {
  readonly uid: string;
  readonly content: string;
}

/**
 * Remembers one snapshot. Yields an item only if it is not ready or carries the note of a swap. Contents come first.
 */
export function surveySnapshot(
  snapshot: Snapshot,
  pairs: PairIndex,
  links: NameTable,
  chosen: Map<string, Chosen>,
): SurveyItem | undefined {
  const { name, namespace, ownerReferences, annotations } = snapshot.metadata;
  const dynamic = !snapshot.spec.source.volumeSnapshotContentName;
  const unready = snapshot.status?.readyToUse !== true || isDeleting(snapshot) || !isBound(snapshot, pairs, links);
  const before = pairs.add(
    name,
    flag.snapshot | (dynamic ? flag.dynamic : 0) | (unready ? flag.unready : 0),
    namespace,
  );
  for (const { kind, uid, controller } of ownerReferences ?? []) {
    if (kind === 'VirtualMachineBackup' && controller === true) pairs.note(name, hash(uid), namespace, slot.owner);
  }
  const uses = contentNameOf(snapshot);
  if ((before & flag.twice) !== 0 && uses !== undefined)
    chosen.set(`${namespace}/${name}`, { uid: snapshot.metadata.uid, content: uses });
  const noted = annotations?.[names.SWAP_ANNOTATION] !== undefined;
  return noted || unready ? { what: 'snapshot', snapshot, pair: stateOf(pairs.get(name, namespace)) } : undefined;
}

/** A content or snapshot whose deletion hangs; undefined for any other. */
export function hanging(
  kind: 'VolumeSnapshotContent' | 'VolumeSnapshot',
  from: Content | Snapshot,
  snapshot: { readonly namespace: string; readonly name: string },
  nowMs: number,
): SurveyItem | undefined {
  const why = hangs(from, nowMs);
  if (why === undefined) return undefined;
  const object = ref(kind, from.metadata.name, snapshot.namespace);
  return { what: 'hanging', object, snapshot: `${snapshot.namespace}/${snapshot.name}`, why };
}

/** Like {@link hanging}, for objects without a snapshot. Harvester and Longhorn ignore a target that is in deletion. */
export function hangingAlone(object: Ref, from: Parameters<typeof hangs>[0], nowMs: number): SurveyItem[] {
  const why = hangs(from, nowMs);
  return why === undefined ? [] : [{ what: 'hanging', object, why }];
}

/** Whether the content belongs to a former snapshot, while the current snapshot of that name uses another content. */
export function isPassedOver({ metadata, spec }: Content, chosen: ReadonlyMap<string, Chosen>): boolean {
  const { namespace, name, uid } = spec.volumeSnapshotRef;
  const now = chosen.get(`${namespace}/${name}`);
  return now !== undefined && now.content !== metadata.name && Boolean(uid) && uid !== now.uid;
}

/** Remembers one content and judges its handle. Backups come first. */
export function surveyContent(content: Content, backups: BackupIndex, pairs: PairIndex): SurveyedContent {
  const { namespace, name } = content.spec.volumeSnapshotRef;
  const judged = judgeContent(content);
  const named = backupNamedBy(content);
  if (named !== undefined) {
    if (belongsToNoVMBackup(content)) backups.record(named);
    else backups.claim(named);
  }
  if ('reason' in judged) {
    if (judged.reason === 'DynamicContent' && named !== undefined) {
      const handle = parseHandle(content.status?.snapshotHandle ?? '');
      const sound = handle.kind === 'backup' && backups.isOf(named, handle.volume);
      const flags = flag.content | (sound ? 0 : flag.notRight) | (isUnfinished(content) ? flag.unfinished : 0);
      addContent(pairs, content, (flags | backupBits(named)) >>> 0);
    }
    const { backup: taken, atMs = 0 } = dynamicData(content) ?? {};
    if (taken !== undefined) {
      pairs.add(name, (flag.taken | backupBits(taken)) >>> 0, namespace);
      if (atMs > 0) pairs.note(name, Math.floor(atMs / 1000), namespace, slot.takenAt);
    }
    const unfinished = isUnfinished(content) ? flag.unfinished : 0;
    if (judged.reason === 'HandleUnreadable') addContent(pairs, content, flag.content | flag.notRight | unfinished);
    else if (judged.reason !== 'DynamicContent' || named === undefined)
      pairs.add(name, flag.notRight | unfinished, namespace);
    return { what: 'content', content, judged };
  }
  const { backup, volume } = judged.handle;
  const right = backups.isOf(backup, volume) && judged.reported === undefined;
  const flags = flag.content | (right ? 0 : flag.notRight) | (isUnfinished(content) ? flag.unfinished : 0);
  addContent(pairs, content, (flags | backupBits(backup)) >>> 0);
  if (right && content.spec.deletionPolicy === 'Delete') backups.hold(backup);
  if (right) return { what: 'content', content, judged, facts: { volume } };
  const trouble = backups.troubleOf(backup);
  return { what: 'content', content, judged, ...(trouble !== undefined && { facts: trouble }) };
}

/** Lists the contents again for backups that several contents on Delete name; costs nothing without any. */
export async function* sharedBackups(reader: Reader, shared: ReadonlySet<string>) {
  if (shared.size === 0) return;
  const holders = new Map<string, Content[]>();
  for await (const { backup, content } of contentsNaming(reader, shared)) {
    if (content.spec.deletionPolicy !== 'Delete' || 'reason' in judgeContent(content)) continue;
    holders.set(backup, [...(holders.get(backup) ?? []), content]);
  }
  for (const [backup, contents] of holders) if (contents.length > 1) yield { backup, contents };
}
