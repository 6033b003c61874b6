import type { ProbeConfig } from './config.ts';
import { readClass } from '../capability/read.ts';
import type { SeenClass } from '../capability/read.ts';
import type { Ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Reader } from '../ports/reader.ts';
import type { Claim, Content, Snapshot, Volume } from '../objects/types.ts';
import type { NamespaceCapacity } from '../scratch/namespace-capacity.ts';
import { readCapacity } from '../scratch/namespace-capacity.ts';
import type { ScratchObjects, ScratchRef } from '../scratch/scratch.ts';
import {
  collect,
  noScratchObjects,
  readInTheWay,
  readScratchObjects,
  scratchRef,
  lastWarning,
  warningsAbout,
} from '../scratch/scratch.ts';
import { nameOf } from './objects.ts';

export interface SeenProbe {
  readonly subject: Ref;
  /** Absent if the StorageClass does not exist, or the subject is the namespace. */
  readonly seen?: SeenClass | undefined;
  /** The objects of this probe, including contents of its snapshots that are not labelled yet. */
  readonly made: ScratchObjects;
  /** Objects of probes of a former StorageClass with this name (and another uid). */
  readonly former: ScratchObjects;
  readonly source?: Claim | undefined;
  readonly snapshot?: Snapshot | undefined;
  readonly content?: Content | undefined;
  readonly restored?: Claim | undefined;
  /** Last warning of the provisioner about the unbound claim, as the end of a message. */
  readonly said?: string | undefined;
  /** Longhorn's volume behind the restored claim. */
  readonly volume?: Volume | undefined;
  /** PersistentVolumes of deleted claims of probes that still exist. */
  readonly left: readonly string[];
  readonly place: NamespaceCapacity;
  /** An object of another owner with a name that the probe needs. */
  readonly inTheWay?: Ref | undefined;
}

/**
 * Reads what `plan` decides by. The subject is a StorageClass, or the namespace for the objects of all probes.
 * @throws what the reader throws
 */
export async function observe(reader: Reader, subject: Ref, nowMs: number, config: ProbeConfig): Promise<SeenProbe> {
  const ofAll = subject.kind === 'Namespace';
  const storageClass = ofAll ? undefined : await reader.get('StorageClass', subject.name);
  const uid = storageClass?.metadata.uid;
  const made = ofAll || uid !== undefined ? await readAll(reader, config.namespace, uid) : noScratchObjects;
  const former = ofAll ? noScratchObjects : await readFormer(reader, config.namespace, subject.name, uid);
  const place = await readCapacity(reader, config.namespace);
  const left = await readLeft(reader, config.namespace, uid);
  if (storageClass === undefined || uid === undefined) return { subject, made, former, left, place };
  const named = <T extends { metadata: { name: string } }>(all: readonly T[], part: Parameters<typeof nameOf>[1]) =>
    all.find(({ metadata }) => metadata.name === nameOf(uid, part));
  const [source, restored] = [named(made.claims, 'source'), named(made.claims, 'restored')];
  const snapshot = named(made.snapshots, 'snapshot');
  const waiting = [restored, source].find((claim) => claim !== undefined && claim.status?.phase !== 'Bound');
  const behind = restored?.spec.volumeName;
  const isLonghorn = storageClass.provisioner === names.LONGHORN_DRIVER;
  const mark = { label: names.PROBE_LABEL, value: uid };
  return {
    subject,
    seen: await readClass(reader, storageClass, nowMs),
    made,
    former,
    source,
    snapshot,
    content: made.contents.find(({ spec }) => spec.volumeSnapshotRef.uid === snapshot?.metadata.uid),
    restored,
    said: waiting && lastWarning(await warningsAbout(reader, waiting)),
    ...(isLonghorn && behind && { volume: await reader.get('Volume', behind, names.LONGHORN_NAMESPACE) }),
    left,
    place,
    inTheWay: await readInTheWay(reader, mark, await wantedNames(reader, config.namespace, uid), made),
  };
}

async function wantedNames(reader: Reader, namespace: string, uid: string): Promise<ScratchRef[]> {
  const wanted = [
    ['PersistentVolumeClaim', 'source'],
    ['PersistentVolumeClaim', 'restored'],
    ...((await reader.serves('VolumeSnapshot')) ? ([['VolumeSnapshot', 'snapshot']] as const) : []),
    ['Pod', 'source'],
    ['Pod', 'restored'],
  ] as const;
  return wanted.map(([kind, part]) => scratchRef(kind, nameOf(uid, part), namespace));
}

async function readAll(reader: Reader, namespace: string, uid: string | undefined): Promise<ScratchObjects> {
  const made = await readScratchObjects(reader, namespace, names.PROBE_LABEL, uid);
  const contents = [...made.contents];
  for (const { metadata } of made.snapshots) {
    const name = names.takenContentName(metadata.uid);
    if (contents.some((one) => one.metadata.name === name)) continue;
    const taken = await reader.get('VolumeSnapshotContent', name);
    if (taken?.spec.volumeSnapshotRef.uid === metadata.uid) contents.push(taken);
  }
  return { ...made, contents };
}

/** Contents carry only the uid of the class. The source claim, which carries its name too, is deleted last. */
async function readFormer(
  reader: Reader,
  namespace: string,
  name: string,
  uid: string | undefined,
): Promise<ScratchObjects> {
  const { contents, snapshots, claims, pods } = await readAll(reader, namespace, undefined);
  const uidOn = ({ metadata }: Pick<Claim, 'metadata'>) => metadata.labels?.[names.PROBE_LABEL];
  const ofName = (one: Pick<Claim, 'metadata'>) =>
    one.metadata.annotations?.[names.PROBE_OF_ANNOTATION] === name && uidOn(one) !== uid;
  const gone = new Set([...snapshots, ...claims, ...pods].filter(ofName).map(uidOn));
  const taken = new Set(snapshots.filter(ofName).map(({ metadata }) => metadata.uid));
  return {
    contents: contents.filter(
      (one) => gone.has(one.metadata.labels?.[names.PROBE_LABEL]) || taken.has(one.spec.volumeSnapshotRef.uid ?? ''),
    ),
    snapshots: snapshots.filter(ofName),
    claims: claims.filter(ofName),
    pods: pods.filter(ofName),
  };
}

/**
 * PersistentVolumes that outlive their claims, recognised by the name of the claim, which contains the uid of the
 * class. While the claim exists its label decides.
 */
async function readLeft(reader: Reader, namespace: string, uid: string | undefined): Promise<string[]> {
  const own = uid === undefined ? /^probe-[0-9a-f-]{36}-(source|restored)$/ : new RegExp(`^probe-${uid}-`);
  const volumes = await collect(reader.list('PersistentVolume'));
  const left: string[] = [];
  for (const { metadata, spec } of volumes) {
    const { name = '', uid: of, namespace: at } = spec.claimRef ?? {};
    if (at !== namespace || name === null || !own.test(name)) continue;
    const claim = await reader.get('PersistentVolumeClaim', name, namespace);
    if (claim?.metadata.uid !== of) left.push(`PersistentVolume ${metadata.name}`);
  }
  return left;
}
