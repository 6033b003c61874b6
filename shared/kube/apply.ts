import { describeRef } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Content, ObjectOf } from '../objects/types.ts';
import type {
  Action,
  AnnotateSnapshotAction,
  CreateAction,
  DeleteSnapshotAction,
  Identity,
  ReleaseContentAction,
  SetPolicyAction,
  SwitchEntriesAction,
} from '../plan/action.ts';
import { AlreadyExistsError, ConflictError, GoneError } from './errors.ts';
import type { JsonPatchOperation, Reader, Writer } from './ports.ts';
import { putReport, recordEvent } from './record.ts';

export interface Applied {
  readonly action: Action;
  /** `unchanged`: the world already was as wanted (a create found its own object, a deletion nothing to delete). */
  readonly result: 'done' | 'unchanged';
}

/** Applies actions in order; each yields as it is done, so that what happened is known even when a later one fails. */
export interface Applier {
  apply(actions: readonly Action[]): AsyncIterable<Applied>;
}

/**
 * The one place that writes. It guards what no plan can: before any deletion it reads the content again and goes on only
 * if that very content (uid) is on Retain, and it deletes only the version it has just read. `reader` must not answer
 * from memory.
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
      return setPolicy(action, writer);
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
    case 'recordEvent':
      return recordEvent(action, writer);
    case 'putReport':
      return putReport(action, writer);
  }
}

async function create({ object }: CreateAction, reader: Reader, writer: Writer): Promise<Applied['result']> {
  try {
    await writer.create(object.kind, object);
    return 'done';
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const namespace = 'namespace' in object.metadata ? object.metadata.namespace : undefined;
    const found = await reader.get(object.kind, object.metadata.name, namespace);
    if (found !== undefined && isSame(found, object)) return 'unchanged';
    throw new ConflictError(`${object.kind} ${object.metadata.name} exists and is another object`, 409, {
      cause: error,
    });
  }
}

/** Whether what is there is what would have been created; its policy and bookkeeping may have moved on since. */
function isSame(found: ObjectOf<'VolumeSnapshot' | 'VolumeSnapshotContent'>, wanted: CreateAction['object']): boolean {
  if (found.metadata.deletionTimestamp) return false;
  if (wanted.kind === 'VolumeSnapshot') {
    const owner = wanted.metadata.ownerReferences?.[0]?.uid;
    const ownerFits = owner === undefined || (found.metadata.ownerReferences ?? []).some((o) => o.uid === owner);
    return 'volumeSnapshotContentName' in found.spec.source
      ? found.spec.source.volumeSnapshotContentName === wanted.spec.source.volumeSnapshotContentName && ownerFits
      : false;
  }
  const { spec } = found as Content;
  return (
    spec.driver === wanted.spec.driver &&
    spec.source.snapshotHandle === wanted.spec.source.snapshotHandle &&
    spec.volumeSnapshotRef.name === wanted.spec.volumeSnapshotRef.name &&
    spec.volumeSnapshotRef.namespace === wanted.spec.volumeSnapshotRef.namespace
  );
}

async function setPolicy(action: SetPolicyAction, writer: Writer): Promise<Applied['result']> {
  const { target } = action;
  await writer.patch('VolumeSnapshotContent', target.name, undefined, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', target.resourceVersion),
    test('/spec/deletionPolicy', action.from),
    { op: 'replace', path: '/spec/deletionPolicy', value: action.to },
    ...(action.dropArmNote ? [{ op: 'remove', path: annotationPath(names.ARM_ANNOTATION) } as const] : []),
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
    // Nothing is behind a snapshot whose content is gone, as long as that is still so.
    if (found !== undefined) throw new ConflictError(`VolumeSnapshotContent ${content.name} is there`);
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
  // "add" also replaces, but cannot say "only if it is absent": the version does.
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

function onRetain(content: Content): void {
  if (content.spec.deletionPolicy !== 'Retain') {
    throw new ConflictError(`VolumeSnapshotContent ${content.metadata.name} is not on Retain`);
  }
}

const test = (path: string, value: unknown): JsonPatchOperation => ({ op: 'test', path, value });

/** JSON patch cannot add to a map that is not there. */
const annotationMap = (present: boolean): JsonPatchOperation[] =>
  present ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }];

const annotationPath = (key: string): string =>
  `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
