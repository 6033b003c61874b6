import { describeRef, kinds } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Claim, ObjectOf } from '../objects/types.ts';
import type { CreateAction } from '../plan/action.ts';
import type { DeleteDrilledAction, PutDrillAction } from '../plan/drill.ts';
import { AlreadyExistsError, ConflictError, GoneError } from './errors.ts';
import type { JsonPatchOperation, Reader, Writer } from './ports.ts';

/** The writes that only restore drills need. Part of `apply.ts`. */

/** What a drill makes is only found done where the same drill made it; what others make is not asked for a mark. */
export function isSameDrilled(
  found: ObjectOf<CreateAction['object']['kind']>,
  { kind, metadata }: CreateAction['object'],
): boolean {
  const mark = metadata.labels?.[names.DRILL_LABEL];
  if (kind === 'Namespace') return true;
  return mark === found.metadata.labels?.[names.DRILL_LABEL];
}

export async function deleteDrilled(
  { target, drill }: DeleteDrilledAction,
  reader: Reader,
  writer: Writer,
): Promise<'done' | 'unchanged'> {
  const found = await reader.get(target.kind, target.name, target.namespace);
  if (found?.metadata.uid !== target.uid || found.metadata.deletionTimestamp) return 'unchanged';
  if (found.metadata.labels?.[names.DRILL_LABEL] !== drill) {
    throw new ConflictError(`${describeRef(target)} does not bear the mark of the drill`);
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
 * Until Longhorn has seen the volume in use it may hold, from the backup, the claim that was backed up. With a volume that
 * is deleted in that state, and without a note that this claim is history, Longhorn deletes that claim: a live VM's.
 */
async function ownClaimOnly({ metadata, spec }: Claim, reader: Reader): Promise<void> {
  const name = spec.volumeName || names.volumeNameOf(metadata.uid);
  const volume = await reader.get('Volume', name, names.LONGHORN_NAMESPACE);
  const { pvcName, namespace, lastPVCRefAt } = volume?.status?.kubernetesStatus ?? {};
  if (!pvcName || lastPVCRefAt) return;
  if (pvcName === metadata.name && namespace === metadata.namespace) return;
  throw new ConflictError(`Longhorn volume ${name} still takes claim ${namespace}/${pvcName} for its own`);
}

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
      throw new ConflictError(`${describeRef(target)} is there by now`, 409, { cause: error });
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
