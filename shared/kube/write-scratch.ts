import { describeRef, kinds } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Claim, ObjectOf } from '../objects/types.ts';
import type { CreateAction } from '../plan/action.ts';
import type { DeleteDrilledAction, DeleteTakenAction, PutDrillAction } from '../plan/scratch-action.ts';
import { AlreadyExistsError, ConflictError, GoneError } from '../ports/errors.ts';
import type { Reader } from '../ports/reader.ts';
import type { JsonPatchOperation, Writer } from '../ports/writer.ts';

/** The writes that only drills and probes need. Part of `apply.ts`. */

/** Whether the existing object carries the same drill and probe labels as the one to create. Namespaces are exempt. */
export function isSameDrilled(
  found: ObjectOf<CreateAction['object']['kind']>,
  { kind, metadata }: CreateAction['object'],
): boolean {
  if (kind === 'Namespace') return true;
  return [names.DRILL_LABEL, names.PROBE_LABEL].every(
    (label) => metadata.labels?.[label] === found.metadata.labels?.[label],
  );
}

/**
 * Deletes a claim or pod of a drill or probe; `unchanged` if it is gone or in deletion.
 * @throws ConflictError if it lacks the mark, or if Longhorn's volume still refers to another claim
 */
export async function deleteDrilled(
  { target, mark }: DeleteDrilledAction,
  reader: Reader,
  writer: Writer,
): Promise<'done' | 'unchanged'> {
  const found = await reader.get(target.kind, target.name, target.namespace);
  if (found?.metadata.uid !== target.uid || found.metadata.deletionTimestamp) return 'unchanged';
  if (found.metadata.labels?.[mark.label] !== mark.value) {
    throw new ConflictError(`${describeRef(target)} does not have the label ${mark.label}=${mark.value}`);
  }
  if (target.kind === 'PersistentVolumeClaim') await ownClaimOnly(found as Claim, reader);
  const { uid, resourceVersion } = found.metadata;
  try {
    await writer.delete(target.kind, target.name, target.namespace, { uid, resourceVersion });
    return 'done';
  } catch (error) {
    if (error instanceof GoneError) return 'unchanged';
    throw error;
  }
}

/**
 * Deletes a snapshot that a probe took on storage other than Longhorn; the storage deletes its data.
 * @throws ConflictError if it lacks the mark, or its content is Longhorn's or was not taken for it
 */
export async function deleteTaken(
  { target, mark }: DeleteTakenAction,
  reader: Reader,
  writer: Writer,
): Promise<'done' | 'unchanged'> {
  const found = await reader.get('VolumeSnapshot', target.name, target.namespace);
  if (found?.metadata.uid !== target.uid || found.metadata.deletionTimestamp) return 'unchanged';
  if (found.metadata.labels?.[mark.label] !== mark.value) {
    throw new ConflictError(`${describeRef(target)} does not have the label ${mark.label}=${mark.value}`);
  }
  const own = names.takenContentName(target.uid);
  const name = found.status?.boundVolumeSnapshotContentName ?? own;
  const content = await reader.get('VolumeSnapshotContent', name);
  const { driver, source, volumeSnapshotRef } = content?.spec ?? {};
  const taken = name === own && Boolean(source?.volumeHandle) && volumeSnapshotRef?.uid === target.uid;
  if (!taken || driver === names.LONGHORN_DRIVER) {
    throw new ConflictError(`VolumeSnapshotContent ${name} was not taken for ${describeRef(target)} on other storage`);
  }
  const { uid, resourceVersion } = found.metadata;
  try {
    await writer.delete('VolumeSnapshot', target.name, target.namespace, { uid, resourceVersion });
    return 'done';
  } catch (error) {
    if (error instanceof GoneError) return 'unchanged';
    throw error;
  }
}

/**
 * Until Longhorn has seen the volume in use, the volume may still refer to the claim that was backed up. If it is
 * deleted in that state, without a note that this claim is history, Longhorn deletes that claim: one of a live VM.
 */
async function ownClaimOnly({ metadata, spec }: Claim, reader: Reader): Promise<void> {
  const name = spec.volumeName || names.volumeNameOf(metadata.uid);
  const volume = await reader.get('Volume', name, names.LONGHORN_NAMESPACE);
  const { pvcName, namespace, lastPVCRefAt } = volume?.status?.kubernetesStatus ?? {};
  if (!pvcName || lastPVCRefAt) return;
  if (pvcName === metadata.name && namespace === metadata.namespace) return;
  throw new ConflictError(`Longhorn volume ${name} still takes claim ${namespace}/${pvcName} for its own`);
}

/**
 * Writes or removes one entry of the drill record.
 * @throws ConflictError if the record is no longer the one that was seen
 */
export async function putDrill(action: PutDrillAction, writer: Writer): Promise<'done' | 'unchanged'> {
  const { target, key, entry, seen } = action;
  if (seen === undefined) {
    if (entry === undefined) return 'unchanged';
    const record = {
      apiVersion: kinds.ConfigMap.apiVersion,
      kind: 'ConfigMap',
      metadata: {
        name: target.name,
        namespace: target.namespace,
        labels: { [names.MANAGED_BY_LABEL]: names.FIELD_MANAGER },
      },
      data: { [key]: JSON.stringify(entry) },
    };
    try {
      await writer.create('ConfigMap', record);
      return 'done';
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      throw new ConflictError(`${describeRef(target)} was created in the meantime`, 409, { cause: error });
    }
  }
  const operations: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: seen.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: seen.resourceVersion },
    ...(seen.filled ? [] : [{ op: 'add', path: '/data', value: {} } as const]),
    entry === undefined
      ? { op: 'remove', path: `/data/${key}` }
      : { op: 'add', path: `/data/${key}`, value: JSON.stringify(entry) },
  ];
  await writer.patch('ConfigMap', target.name, target.namespace, operations);
  return 'done';
}
