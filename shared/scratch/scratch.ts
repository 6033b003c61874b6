import { unlessForbidden } from '../ports/attempt.ts';
import { isDeleting } from '../chain/metadata.ts';
import type { Ref } from '../domain/kinds.ts';
import { describeRef, ref, refKey } from '../domain/kinds.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';
import type { Claim, Content, ObjectOf, Pod, Snapshot } from '../objects/types.ts';
import type { Action } from '../plan/action.ts';
import type { Mark } from '../plan/scratch-action.ts';

/**
 * The temporary objects of restore drills and storage probes. All are in one namespace (contents in none) and carry a
 * mark: a label whose value is the uid of the tested VMBackup or StorageClass.
 */

/** The objects with the mark that still exist. */
export interface ScratchObjects {
  readonly contents: readonly Content[];
  readonly snapshots: readonly Snapshot[];
  readonly claims: readonly Claim[];
  readonly pods: readonly Pod[];
}

export const noScratchObjects: ScratchObjects = { contents: [], snapshots: [], claims: [], pods: [] };

/** Lists the objects with this label and value; without a value, with any. @throws what the reader throws */
export async function readScratchObjects(
  reader: Reader,
  namespace: string,
  label: string,
  value?: string,
): Promise<ScratchObjects> {
  const marked: ListOptions = value === undefined ? { selector: label } : { labels: { [label]: value } };
  return {
    contents: await collect(reader.list('VolumeSnapshotContent', marked)),
    snapshots: await collect(reader.list('VolumeSnapshot', { namespace, ...marked })),
    claims: await collect(reader.list('PersistentVolumeClaim', { namespace, ...marked })),
    pods: await collect(reader.list('Pod', { namespace, ...marked })),
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Warnings about an unbound claim; empty if it is bound, undefined without the right to list Events. */
export async function warningsAbout(
  reader: Reader,
  { metadata, status }: Claim,
): Promise<ObjectOf<'Event'>[] | undefined> {
  if (status?.phase === 'Bound') return [];
  const events = await unlessForbidden(() => collect(reader.list('Event', { namespace: metadata.namespace })));
  return events?.filter(({ regarding, type }) => regarding?.uid === metadata.uid && type === 'Warning');
}

/** The last of these warnings, as the end of a message; empty without any. */
export function lastWarning(warnings: readonly ObjectOf<'Event'>[] | undefined): string {
  if (warnings === undefined) return '; warnings of the provisioner are unknown: the right to list Events is missing';
  const said = warnings.at(-1)?.note?.trim();
  return said ? `; the provisioner says: ${said}` : '';
}

type ScratchKind = 'VolumeSnapshotContent' | 'VolumeSnapshot' | 'PersistentVolumeClaim' | 'Pod';
export type ScratchRef = Ref & { readonly kind: ScratchKind };

export const scratchRef = (kind: ScratchKind, name: string, namespace: string): ScratchRef => ({
  ...ref(kind, name, namespace),
  kind,
});

/**
 * The first wanted name that an object without the mark has. The run could not create its own object and would try
 * forever. Does not read objects in `own` again. An object with the mark is the run's own, created since.
 * @throws what the reader throws
 */
export async function readInTheWay(
  reader: Reader,
  mark: Mark,
  wanted: readonly ScratchRef[],
  own: ScratchObjects,
): Promise<Ref | undefined> {
  const known = new Set(refsOf(own).map(refKey));
  for (const at of wanted) {
    if (known.has(refKey(at))) continue;
    const found = await reader.get(at.kind, at.name, at.namespace);
    if (found !== undefined && found.metadata.labels?.[mark.label] !== mark.value) return at;
  }
  return undefined;
}

/**
 * The next steps of removing objects with the label: pods and claims, then snapshots, then contents. Sets Retain on
 * contents first, so that no deletion reaches the storage. Skips objects that are being deleted: no actions while
 * objects are left means waiting. The writer checks each object again.
 */
export function removal(objects: ScratchObjects, label: string): Action[] {
  const { contents, snapshots, claims, pods } = objects;
  const toRetain = contents.filter(({ spec }) => spec.deletionPolicy !== 'Retain').map(setRetain);
  const staying = <T extends { metadata: Claim['metadata'] | Content['metadata'] }>(all: readonly T[]) =>
    all.filter((one) => !isDeleting(one));
  if (pods.length + claims.length > 0) {
    return [
      ...toRetain,
      ...staying(pods).map((pod) => deleteMarked('Pod', pod, label)),
      ...staying(claims).map((claim) => deleteMarked('PersistentVolumeClaim', claim, label)),
    ];
  }
  if (snapshots.length > 0) return [...toRetain, ...staying(snapshots).map((one) => deleteSnapshot(one, contents))];
  return [
    ...toRetain,
    ...staying(contents).map(({ metadata }): Action => ({
      do: 'deleteContent',
      target: { ...ref('VolumeSnapshotContent', metadata.name), uid: metadata.uid },
    })),
  ];
}

const deleteMarked = (
  kind: 'Pod' | 'PersistentVolumeClaim',
  { metadata: { name, namespace, uid, labels } }: Claim | Pod,
  label: string,
): Action => ({
  do: 'deleteDrilled',
  target: { kind, name, namespace, uid },
  mark: { label, value: labels?.[label] ?? '' },
});

function deleteSnapshot({ metadata, spec }: Snapshot, contents: readonly Content[]): Action {
  const { uid, resourceVersion } = metadata;
  const name = spec.source.volumeSnapshotContentName ?? '';
  const content = contents.find((one) => one.metadata.name === name);
  return {
    do: 'deleteSnapshot',
    target: { ...ref('VolumeSnapshot', metadata.name, metadata.namespace), uid, resourceVersion },
    content: { name, ...(content !== undefined && { uid: content.metadata.uid }) },
  };
}

const setRetain = ({ metadata: { name, uid, resourceVersion }, spec }: Content): Action => ({
  do: 'setPolicy',
  target: { ...ref('VolumeSnapshotContent', name), uid, resourceVersion },
  from: spec.deletionPolicy,
  to: 'Retain',
});

function refsOf({ pods, claims, snapshots, contents }: ScratchObjects): Ref[] {
  const refs = (kind: ScratchKind, all: readonly (Claim | Content | Snapshot | Pod)[]) =>
    all.map(({ metadata }) => scratchRef(kind, metadata.name, 'namespace' in metadata ? metadata.namespace : ''));
  return [
    ...refs('Pod', pods),
    ...refs('PersistentVolumeClaim', claims),
    ...refs('VolumeSnapshot', snapshots),
    ...refs('VolumeSnapshotContent', contents),
  ];
}

/** The remaining objects, for messages. */
export const describeObjects = (objects: ScratchObjects): string[] => refsOf(objects).map(describeRef);

export const isEmpty = (objects: ScratchObjects): boolean => refsOf(objects).length === 0;
