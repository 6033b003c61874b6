import { namesContent } from '../shared/chain/lookup.ts';
import { contentsNaming, vmBackupsNaming, vmBackupsOf, vmBackupsRecording } from '../shared/chain/queries.ts';
import { orUnreadable } from '../shared/chain/unreadable.ts';
import type { Ref } from '../shared/domain/kinds.ts';
import { ref, refKey } from '../shared/domain/kinds.ts';
import { RESTORE_ANNOTATION } from '../shared/domain/names.ts';
import type { Reader } from '../shared/ports/reader.ts';
import type { Claim, Content, OwnerReference, Snapshot } from '../shared/objects/types.ts';

/**
 * The VMBackups and restores that a problem of an object affects: found by owner, by name, and through any reference,
 * also if an event of the object would not lead to them.
 */
export async function affectedVMBackups(reader: Reader, subject: Ref, object: unknown): Promise<Ref[]> {
  const found = new Map<string, Ref>();
  // Unreadable objects are reported by the checks that read them.
  await orUnreadable(
    async () => {
      for await (const at of concerned(reader, subject, object)) found.set(refKey(at), at);
    },
    () => undefined,
  );
  return [...found.values()];
}

async function* concerned(reader: Reader, { kind, name, namespace = '' }: Ref, object: unknown): AsyncGenerator<Ref> {
  switch (kind) {
    case 'Backup':
      for await (const { metadata } of vmBackupsRecording(reader, name)) yield vmBackup(metadata);
      for await (const { content } of contentsNaming(reader, new Set([name]))) yield* ofContent(reader, content);
      return;
    case 'VolumeSnapshotContent':
      yield* ofContent(reader, object as Content);
      return;
    case 'VolumeSnapshot':
      yield* ofSnapshot(reader, { name, namespace }, object as Snapshot);
      return;
    case 'PersistentVolumeClaim': {
      const { metadata, spec } = object as Claim;
      const restore = metadata.annotations?.[RESTORE_ANNOTATION];
      if (restore) yield ref('VirtualMachineRestore', restore, namespace);
      yield* restoresOwning(metadata.ownerReferences, namespace);
      if (spec.dataSource?.kind === 'VolumeSnapshot')
        yield* ofSnapshot(reader, { name: spec.dataSource.name, namespace }, undefined);
      return;
    }
    default:
      return;
  }
}

/** By the snapshot that the content names, and by those that name the content. */
async function* ofContent(reader: Reader, { metadata, spec }: Content): AsyncGenerator<Ref> {
  const { volumeSnapshotRef: of } = spec;
  yield* restoresOwning(metadata.ownerReferences, of.namespace);
  const snapshot = await reader.get('VolumeSnapshot', of.name, of.namespace);
  yield* ofSnapshot(reader, of, snapshot);
  for await (const other of reader.list('VolumeSnapshot')) {
    if (namesContent(other, metadata.name)) yield* ofSnapshot(reader, other.metadata, other);
  }
}

async function* ofSnapshot(
  reader: Reader,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  snapshot: Snapshot | undefined,
): AsyncGenerator<Ref> {
  yield* restoresOwning(snapshot?.metadata.ownerReferences, namespace);
  yield* vmBackupsOf(reader, namespace, name);
  for await (const { metadata } of vmBackupsNaming(reader, namespace, name)) yield vmBackup(metadata);
}

const vmBackup = ({ name, namespace }: { readonly name: string; readonly namespace: string }): Ref =>
  ref('VirtualMachineBackup', name, namespace);

const restoresOwning = (owners: readonly OwnerReference[] | null | undefined, namespace: string): Ref[] =>
  (owners ?? [])
    .filter((owner) => owner.kind === 'VirtualMachineRestore')
    .map((owner) => ref('VirtualMachineRestore', owner.name, namespace));
