import { describeRef, namespaceOf } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Content, ObjectOf, Snapshot } from '../objects/types.ts';
import type {
  Action,
  AnnotateSnapshotAction,
  CreateAction,
  DeleteSnapshotAction,
  Identity,
  NewSnapshot,
  ReleaseContentAction,
  RescanTargetAction,
  SetPolicyAction,
  SwitchEntriesAction,
  SyncTargetAction,
  UnbindContentAction,
} from '../plan/action.ts';
import { deleteDrilled, deleteTaken, isSameDrilled, putDrill } from './write-scratch.ts';
import { AlreadyExistsError, ConflictError, GoneError } from '../ports/errors.ts';
import { annotationMap, annotationPath, labelMap, labelPath, test } from './patch.ts';
import type { Reader } from '../ports/reader.ts';
import type { JsonPatchOperation, Writer } from '../ports/writer.ts';
import { annotateClass, noteContent, putReport, recordEvent } from './write-records.ts';

/** One action that was applied. */
export interface Applied {
  readonly action: Action;
  /** `unchanged`: the cluster was already as wanted (a create found its own object, a deletion found nothing). */
  readonly result: 'done' | 'unchanged';
}

/** Executes the actions of a plan. */
export interface Applier {
  /**
   * Applies the actions in order and yields each one once it is done, so that the caller knows what was written even if
   * a later action fails. Stops at the first error; writes are not rolled back. Applying the same plan again is safe:
   * finished actions answer `unchanged` or fail with ConflictError.
   *
   * @throws ConflictError, GoneError if an object changed since it was observed: observe and plan again
   * @throws RetryableError, TerminalError
   * @example
   * try {
   *   for await (const applied of applier.apply(actions)) written.push(applied);
   * } catch (error) {
   *   if (!(error instanceof ConflictError || error instanceof GoneError)) throw error;
   *   // The cluster changed: read and plan again. `written` keeps what was done.
   * }
   */
  apply(actions: readonly Action[]): AsyncIterable<Applied>;
}

/**
 * Creates the only component that writes to the cluster. It guards what no plan can: before any deletion it reads the
 * content again, requires that content (uid) to be on Retain, and deletes only the version it has just read.
 * @param reader must read from the API server, never from a cache
 */
export function createApplier(reader: Reader, writer: Writer): Applier {
  return {
    async *apply(actions) {
      for (const action of actions) yield { action, result: await applyOne(action, reader, writer) };
    },
  };
}

function applyOne(action: Action, reader: Reader, writer: Writer): Promise<Applied['result']> {
  switch (action.do) {
    case 'create':
      return create(action, reader, writer);
    case 'setPolicy':
      return setPolicy(action, reader, writer);
    case 'unbindContent':
      return unbindContent(action, reader, writer);
    case 'deleteSnapshot':
      return deleteSnapshot(action, reader, writer);
    case 'deleteContent':
      return deleteContent(action.target, reader, writer);
    case 'releaseContent':
      return releaseContent(action, reader, writer);
    case 'annotateSnapshot':
      return annotateSnapshot(action, reader, writer);
    case 'switchEntries':
      return switchEntries(action, writer);
    case 'syncTarget':
      return syncTarget(action, reader, writer);
    case 'rescanTarget':
      return rescanTarget(action, reader, writer);
    case 'deleteDrilled':
      return deleteDrilled(action, reader, writer);
    case 'deleteTaken':
      return deleteTaken(action, reader, writer);
    case 'putDrill':
      return putDrill(action, writer);
    case 'recordEvent':
      return recordEvent(action, writer);
    case 'putReport':
      return putReport(action, writer);
    case 'noteContent':
      return noteContent(action, writer);
    case 'annotateClass':
      return annotateClass(action, reader, writer);
  }
}

async function create({ object }: CreateAction, reader: Reader, writer: Writer): Promise<Applied['result']> {
  if (object.kind === 'VolumeSnapshot') await ownersExist(object, reader);
  try {
    await writer.create(object.kind, object);
    return 'done';
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const namespace = namespaceOf(object);
    const found = await reader.get(object.kind, object.metadata.name, namespace);
    if (found !== undefined && isSameDrilled(found, object) && isSame(found, object)) return 'unchanged';
    throw new ConflictError(`${object.kind} ${object.metadata.name} exists and is another object`, 409, {
      cause: error,
    });
  }
}

/**
 * An owner reference to a VMBackup that no longer exists would make garbage collection delete the new snapshot.
 * Contents are safe from that: they are cluster-scoped.
 */
async function ownersExist({ metadata }: NewSnapshot, reader: Reader): Promise<void> {
  for (const { kind, name, uid } of metadata.ownerReferences ?? []) {
    if (kind !== 'VirtualMachineBackup') continue;
    const owner = await reader.get('VirtualMachineBackup', name, metadata.namespace);
    if (owner?.metadata.uid !== uid || owner.metadata.deletionTimestamp) {
      throw new ConflictError(`VirtualMachineBackup ${metadata.namespace}/${name} is not the one that was seen`);
    }
  }
}

/** Whether the existing object equals the one to create. Its policy and bookkeeping may have changed since. */
function isSame(found: ObjectOf<CreateAction['object']['kind']>, wanted: CreateAction['object']): boolean {
  if (found.metadata.deletionTimestamp) return false;
  if (wanted.kind === 'VolumeSnapshot') {
    const { spec } = found as Snapshot;
    const owner = wanted.metadata.ownerReferences?.[0]?.uid;
    const ownerFits = owner === undefined || (found.metadata.ownerReferences ?? []).some((o) => o.uid === owner);
    const { source } = wanted.spec;
    const sourceFits =
      'volumeSnapshotContentName' in source
        ? spec.source.volumeSnapshotContentName === source.volumeSnapshotContentName
        : spec.source.persistentVolumeClaimName === source.persistentVolumeClaimName;
    return sourceFits && ownerFits;
  }
  if (wanted.kind !== 'VolumeSnapshotContent') return true;
  const { spec } = found as Content;
  return (
    spec.driver === wanted.spec.driver &&
    spec.source.snapshotHandle === wanted.spec.source.snapshotHandle &&
    spec.volumeSnapshotRef.name === wanted.spec.volumeSnapshotRef.name &&
    spec.volumeSnapshotRef.namespace === wanted.spec.volumeSnapshotRef.namespace &&
    isSameUid(spec.volumeSnapshotRef.uid, wanted.spec.volumeSnapshotRef.uid)
  );
}

/** A uid that is not filled in yet matches any. */
const isSameUid = (found: string | null | undefined, wanted: string | undefined): boolean =>
  !found || wanted === undefined || found === wanted;

async function setPolicy(action: SetPolicyAction, reader: Reader, writer: Writer): Promise<Applied['result']> {
  const { target, mark } = action;
  const { annotations, labels } =
    action.addArmNote || mark !== undefined
      ? ((await reader.get('VolumeSnapshotContent', target.name))?.metadata ?? {})
      : {};
  await writer.patch('VolumeSnapshotContent', target.name, undefined, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', target.resourceVersion),
    test('/spec/deletionPolicy', action.from),
    { op: 'replace', path: '/spec/deletionPolicy', value: action.to },
    ...(action.dropArmNote
      ? [{ op: 'remove', path: annotationPath(names.DELETE_WHEN_READY_ANNOTATION) } as const]
      : []),
    ...(action.addArmNote
      ? [
          ...annotationMap(Boolean(annotations)),
          { op: 'add', path: annotationPath(names.DELETE_WHEN_READY_ANNOTATION), value: action.from } as const,
        ]
      : []),
    ...(mark === undefined
      ? []
      : [...labelMap(Boolean(labels)), { op: 'add', path: labelPath(mark.label), value: mark.value } as const]),
  ]);
  return 'done';
}

async function unbindContent(
  { target, snapshot }: UnbindContentAction,
  reader: Reader,
  writer: Writer,
): Promise<Applied['result']> {
  const content = await reader.get('VolumeSnapshotContent', target.name);
  if (content?.metadata.uid !== target.uid) throw new GoneError(`${describeRef(target)} is gone`, 404);
  const left = content.metadata.annotations?.[names.BEING_DELETED_ANNOTATION];
  const { uid } = content.spec.volumeSnapshotRef;
  if (!uid && left === undefined) return 'unchanged';
  onRetain(content);
  if (content.metadata.deletionTimestamp) throw new ConflictError(`${describeRef(target)} is being deleted`);
  if (uid && uid !== snapshot.uid) throw new ConflictError(`${describeRef(target)} is bound to another snapshot`);
  const bound = await reader.get('VolumeSnapshot', snapshot.name, snapshot.namespace);
  if (bound?.metadata.uid === snapshot.uid) throw new ConflictError(`its VolumeSnapshot ${snapshot.name} exists`);
  await writer.patch('VolumeSnapshotContent', target.name, undefined, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', content.metadata.resourceVersion),
    test('/spec/deletionPolicy', 'Retain'),
    ...(uid
      ? [test('/spec/volumeSnapshotRef/uid', uid), { op: 'remove', path: '/spec/volumeSnapshotRef/uid' } as const]
      : []),
    ...(left === undefined ? [] : [{ op: 'remove', path: annotationPath(names.BEING_DELETED_ANNOTATION) } as const]),
  ]);
  return 'done';
}

async function deleteSnapshot(
  { target, content }: DeleteSnapshotAction,
  reader: Reader,
  writer: Writer,
): Promise<Applied['result']> {
  const found = await reader.get('VolumeSnapshotContent', content.name);
  if (content.uid === undefined) {
    // A snapshot has no data if its content does not exist. Verify that this still holds.
    if (found !== undefined) throw new ConflictError(`VolumeSnapshotContent ${content.name} exists`);
  } else {
    if (found?.metadata.uid !== content.uid) {
      throw new ConflictError(`VolumeSnapshotContent ${content.name} is not the one that was seen`);
    }
    onRetain(found);
  }
  await writer.delete('VolumeSnapshot', target.name, target.namespace, target);
  return 'done';
}

async function deleteContent(target: Identity, reader: Reader, writer: Writer): Promise<Applied['result']> {
  const content = await reader.get('VolumeSnapshotContent', target.name);
  if (content === undefined || content.metadata.uid !== target.uid) return 'unchanged';
  if (content.metadata.deletionTimestamp) return 'unchanged';
  onRetain(content);
  const { uid, resourceVersion } = content.metadata;
  await writer.delete('VolumeSnapshotContent', target.name, undefined, { uid, resourceVersion });
  return 'done';
}

async function releaseContent(
  { target }: ReleaseContentAction,
  reader: Reader,
  writer: Writer,
): Promise<Applied['result']> {
  const content = await reader.get('VolumeSnapshotContent', target.name);
  if (content === undefined || content.metadata.uid !== target.uid) return 'unchanged';
  onRetain(content);
  const { deletionTimestamp, finalizers } = content.metadata;
  const index = (finalizers ?? []).indexOf(names.BOUND_CONTENT_FINALIZER);
  if (!deletionTimestamp || index < 0) throw new ConflictError(`${describeRef(target)} is not held in deletion`);
  await writer.patch('VolumeSnapshotContent', target.name, undefined, [
    test('/metadata/uid', target.uid),
    test('/metadata/deletionTimestamp', deletionTimestamp),
    test('/spec/deletionPolicy', 'Retain'),
    test(`/metadata/finalizers/${index}`, names.BOUND_CONTENT_FINALIZER),
    { op: 'remove', path: `/metadata/finalizers/${index}` },
  ]);
  return 'done';
}

async function annotateSnapshot(
  action: AnnotateSnapshotAction,
  reader: Reader,
  writer: Writer,
): Promise<Applied['result']> {
  const { target, key, value, from } = action;
  const snapshot = await reader.get('VolumeSnapshot', target.name, target.namespace);
  if (snapshot?.metadata.uid !== target.uid) throw new GoneError(`${describeRef(target)} is gone`, 404);
  const annotations = snapshot.metadata.annotations;
  const now = annotations?.[key];
  if (now === value) return 'unchanged';
  if (now !== from) throw new ConflictError(`annotation ${key} of ${describeRef(target)} has changed`);
  const path = annotationPath(key);
  // "add" also replaces and cannot require absence; the version test does.
  const guard =
    now === undefined ? test('/metadata/resourceVersion', snapshot.metadata.resourceVersion) : test(path, now);
  await writer.patch('VolumeSnapshot', target.name, target.namespace, [
    test('/metadata/uid', target.uid),
    guard,
    ...(value === undefined
      ? [{ op: 'remove', path } as const]
      : [...annotationMap(Boolean(annotations)), { op: 'add', path, value } as const]),
  ]);
  return 'done';
}

async function switchEntries(action: SwitchEntriesAction, writer: Writer): Promise<Applied['result']> {
  const { target } = action;
  await writer.patch('VirtualMachineBackup', target.name, target.namespace, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', target.resourceVersion),
    test('/status/readyToUse', true),
    ...action.entries.flatMap((entry): JsonPatchOperation[] => {
      const path = `/status/volumeBackups/${entry.index}`;
      return [
        test(`${path}/volumeName`, entry.volumeName),
        test(`${path}/name`, entry.from),
        { op: 'replace', path: `${path}/name`, value: entry.to },
      ];
    }),
    ...annotationMap(action.hasAnnotations),
    { op: 'add', path: annotationPath(names.SNAP_REVISE_ANNOTATION), value: 'true' },
  ]);
  return 'done';
}

async function syncTarget(
  { target, at, insteadOf }: SyncTargetAction,
  reader: Reader,
  writer: Writer,
): Promise<Applied['result']> {
  const found = await reader.get('BackupTarget', target.name, target.namespace);
  if (found?.metadata.uid !== target.uid) throw new GoneError(`${describeRef(target)} is gone`, 404);
  const asked = found.spec?.syncRequestedAt;
  if (asked && asked !== insteadOf && Date.parse(asked) >= Date.parse(at)) return 'unchanged';
  await writer.patch('BackupTarget', target.name, target.namespace, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', found.metadata.resourceVersion),
    { op: 'add', path: '/spec/syncRequestedAt', value: at },
  ]);
  return 'done';
}

async function rescanTarget(
  { target, hasHash, note, intervalSeconds }: RescanTargetAction,
  reader: Reader,
  writer: Writer,
): Promise<Applied['result']> {
  const { metadata } = (await reader.get('Setting', target.name)) ?? {};
  if (metadata?.uid !== target.uid) throw new GoneError(`${describeRef(target)} is gone`, 404);
  if (metadata.resourceVersion !== target.resourceVersion)
    throw new ConflictError(`${describeRef(target)} has changed`);
  const hash = metadata.annotations[names.HASH_ANNOTATION];
  if ((hash !== undefined) !== hasHash) throw new ConflictError(`the hash of ${describeRef(target)} has changed`);
  const path = annotationPath(names.HASH_ANNOTATION);
  const operations: JsonPatchOperation[] = [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', target.resourceVersion),
    ...(hasHash ? [test(path, hash), { op: 'remove', path } as const] : annotationMap(metadata.annotated)),
    { op: 'add', path: annotationPath(names.REDISCOVERY_ANNOTATION), value: note },
  ];
  if (intervalSeconds === undefined) await writer.patch('Setting', target.name, undefined, operations);
  else await writer.patchValue(target.name, operations, { refreshIntervalInSeconds: intervalSeconds });
  return 'done';
}

function onRetain(content: Content): void {
  if (content.spec.deletionPolicy !== 'Retain') {
    throw new ConflictError(`VolumeSnapshotContent ${content.metadata.name} is not on Retain`);
  }
}
