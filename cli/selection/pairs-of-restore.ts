import { contentNameOf } from '../../shared/chain/lookup.ts';
import { isOwnedBy } from '../../shared/chain/metadata.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Snapshot, VMRestore } from '../../shared/objects/types.ts';

/** The snapshots that a restore created or its claims are made from, and their contents, whether or not they exist. */
export async function pairsOfRestore(reader: Reader, { metadata, status }: VMRestore): Promise<Ref[]> {
  const { namespace, uid } = metadata;
  const claimed = new Set<string>();
  for (const { persistentVolumeClaimSpec } of status?.restores ?? []) {
    const name = persistentVolumeClaimSpec?.metadata?.name;
    const claim = name
      ? await orUnreadable(() => reader.get('PersistentVolumeClaim', name, namespace), nothing)
      : undefined;
    const from = claim?.spec.dataSource;
    if (from?.kind === 'VolumeSnapshot') claimed.add(from.name);
  }
  const contents = new Set<string>();
  const found: Ref[] = [];
  const isIts = (one: Snapshot) => isOwnedBy(one, uid) || claimed.has(one.metadata.name);
  // An unreadable snapshot shows no owner. If a claim is made from it, its name is added below.
  for await (const snapshot of reader.list('VolumeSnapshot', { namespace })) {
    if (!isIts(snapshot)) continue;
    claimed.delete(snapshot.metadata.name);
    found.push(ref('VolumeSnapshot', snapshot.metadata.name, namespace));
    const content = contentNameOf(snapshot);
    if (content !== undefined) contents.add(content);
  }
  for await (const content of reader.list('VolumeSnapshotContent'))
    if (isOwnedBy(content, uid)) contents.add(content.metadata.name);
  return [
    ...found,
    ...[...claimed].map((name) => ref('VolumeSnapshot', name, namespace)),
    ...[...contents].map((name) => ref('VolumeSnapshotContent', name)),
  ];
}

const nothing = (): undefined => undefined;
