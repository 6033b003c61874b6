import { kinds } from '../domain/kinds.ts';
import type { Ref } from '../domain/kinds.ts';
import { FIELD_MANAGER, MANAGED_BY_LABEL, PREFIX } from '../domain/names.ts';
import type {
  AnnotateClassAction,
  Identity,
  NoteContentAction,
  PutReportAction,
  RecordEventAction,
  ReportResult,
} from '../plan/action.ts';
import { AlreadyExistsError, ConflictError, GoneError } from '../ports/errors.ts';
import { annotationMap, annotationPath, test } from './patch.ts';
import type { Reader } from '../ports/reader.ts';
import type { JsonPatchOperation, Writer } from '../ports/writer.ts';

/** Writes that only record: Kubernetes Events, reports, notes and annotations. Part of `apply.ts`. */
export async function recordEvent(action: RecordEventAction, writer: Writer): Promise<'done' | 'unchanged'> {
  const { target, seen, at } = action;
  if (seen !== undefined) {
    try {
      await writer.patch('Event', target.name, target.namespace, [
        test('/metadata/uid', seen.uid),
        test('/metadata/resourceVersion', seen.resourceVersion),
        { op: 'add', path: '/series', value: { count: seen.count + 1, lastObservedTime: at } },
      ]);
      return 'done';
    } catch (error) {
      // The Event expired in between: create it again.
      if (!(error instanceof GoneError)) throw error;
    }
  }
  try {
    await writer.create('Event', newEvent(action));
    return 'done';
  } catch (error) {
    if (error instanceof AlreadyExistsError) return 'unchanged';
    throw error;
  }
}

function newEvent({ target, event, at }: RecordEventAction): object {
  const { regarding, related, controller, ...fields } = event;
  return {
    apiVersion: kinds.Event.apiVersion,
    kind: 'Event',
    metadata: { name: target.name, namespace: target.namespace, labels: { [MANAGED_BY_LABEL]: FIELD_MANAGER } },
    eventTime: at,
    reportingController: controller,
    reportingInstance: FIELD_MANAGER,
    ...fields,
    regarding: reference(regarding),
    ...(related !== undefined && { related: reference(related) }),
  };
}

/**
 * Creates the report or replaces its results.
 * @throws ConflictError if the report is no longer the one that was seen
 */
export async function putReport(action: PutReportAction, writer: Writer): Promise<'done' | 'unchanged'> {
  const { target, results, seen } = action;
  if (seen !== undefined) {
    const operations: JsonPatchOperation[] = [
      test('/metadata/uid', seen.uid),
      test('/metadata/resourceVersion', seen.resourceVersion),
      { op: 'add', path: '/results', value: results.map(asResult) },
      { op: 'add', path: '/summary', value: summaryOf(results) },
    ];
    await writer.patch(target.kind, target.name, target.namespace, operations);
    return 'done';
  }
  try {
    await writer.create(target.kind, newReport(action));
    return 'done';
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    throw new ConflictError(`${target.kind} ${target.name} was created in the meantime`, 409, { cause: error });
  }
}

/**
 * Sets one annotation on a content.
 * @throws ConflictError if the content is no longer the one that was seen
 */
export async function noteContent(action: NoteContentAction, writer: Writer): Promise<'done'> {
  const { target, key, value, hasAnnotations } = action;
  await writer.patch('VolumeSnapshotContent', target.name, undefined, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', target.resourceVersion),
    ...annotationMap(hasAnnotations),
    { op: 'add', path: annotationPath(key), value },
  ]);
  return 'done';
}

function newReport({ target, about, results }: PutReportAction): object {
  const { apiVersion } = kinds[about.kind];
  return {
    apiVersion: kinds[target.kind].apiVersion,
    kind: target.kind,
    metadata: {
      name: target.name,
      ...(target.namespace !== undefined && { namespace: target.namespace }),
      labels: { [MANAGED_BY_LABEL]: FIELD_MANAGER },
      // Garbage collection removes the report with its object.
      ownerReferences: [{ apiVersion, kind: about.kind, name: about.name, uid: about.uid }],
    },
    ...((target.kind === 'Report' || target.kind === 'ClusterReport') && { source: FIELD_MANAGER }),
    scope: reference(about),
    summary: summaryOf(results),
    results: results.map(asResult),
  };
}

/**
 * Sets and removes annotations under Gleaner's prefix, only on the version of the class that was seen.
 * @throws ConflictError, GoneError if the class changed or was recreated
 */
export async function annotateClass(
  { target, annotations }: AnnotateClassAction,
  reader: Reader,
  writer: Writer,
): Promise<'done' | 'unchanged'> {
  const found = await reader.get('StorageClass', target.name);
  if (found?.metadata.uid !== target.uid) throw new GoneError(`${target.kind} ${target.name} is gone`, 404);
  if (found.metadata.resourceVersion !== target.resourceVersion) {
    throw new ConflictError(`${target.kind} ${target.name} has changed`);
  }
  const before = found.metadata.annotations;
  const changes = Object.entries(annotations).filter(([key, value]) => {
    if (!key.startsWith(PREFIX)) throw new Error(`${key} is not an annotation of Gleaner`);
    return before?.[key] !== value;
  });
  if (changes.length === 0) return 'unchanged';
  await writer.patch('StorageClass', target.name, undefined, [
    test('/metadata/uid', target.uid),
    test('/metadata/resourceVersion', target.resourceVersion),
    ...annotationMap(Boolean(before)),
    ...changes.map(([key, value]): JsonPatchOperation => {
      const path = annotationPath(key);
      return value === undefined ? { op: 'remove', path } : { op: 'add', path, value };
    }),
  ]);
  return 'done';
}

const asResult = (result: ReportResult): object => ({
  source: FIELD_MANAGER,
  category: 'VM backup',
  scored: true,
  ...result,
});

function summaryOf(results: readonly ReportResult[]): Record<ReportResult['result'], number> {
  const summary = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  for (const { result } of results) summary[result]++;
  return summary;
}

const reference = (to: Ref | Identity): object => ({
  apiVersion: kinds[to.kind].apiVersion,
  kind: to.kind,
  name: to.name,
  ...(to.namespace !== undefined && { namespace: to.namespace }),
  ...('uid' in to && { uid: to.uid }),
});
