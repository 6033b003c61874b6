import type { Ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import type { InProgress } from '../../shared/chain/in-progress.ts';
import { allInProgress } from '../../shared/chain/in-progress.ts';
import { backupVolumes, longhornBackup } from '../../shared/chain/queries.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import { targetRef } from '../../shared/chain/target.ts';
import { KubeError } from '../../shared/ports/errors.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type {
  BackupTarget,
  DrillEntry,
  KubeEvent,
  StorageClass,
  VMBackup,
  Volume,
} from '../../shared/objects/types.ts';
import type { NamespaceCapacity } from '../../shared/scratch/namespace-capacity.ts';
import { readCapacity } from '../../shared/scratch/namespace-capacity.ts';
import type { ScratchObjects, ScratchRef } from '../../shared/scratch/scratch.ts';
import {
  noScratchObjects,
  readInTheWay,
  readScratchObjects,
  scratchRef,
  warningsAbout,
} from '../../shared/scratch/scratch.ts';
import type { Config } from './config.ts';
import type { DrillRecord } from './ledger.ts';
import { entriesFor, recordRef } from './ledger.ts';
import type { Source } from './source.ts';
import { classOf, drillable, nameOf } from './source.ts';

export type Seen = { readonly subject: Ref } &
  /** With drills off, the record is still read if permitted, since old results stay valid. */
  (
    | { readonly is: 'off'; readonly record: DrillRecord }
    | { readonly is: 'record'; readonly record: DrillRecord; readonly made: ScratchObjects }
    | SeenDrill
  );

export interface SeenDrill {
  readonly is: 'drill';
  readonly record: DrillRecord;
  readonly backup: VMBackup | undefined;
  /** uid of the drilled VMBackup. May be a former VMBackup of this name whose drill is not cleaned up yet. */
  readonly uid: string;
  readonly entry: DrillEntry | undefined;
  readonly made: ScratchObjects;
  /** The volumes and their backups; absent if nothing is left to restore. */
  readonly sources?: readonly Source[];
  readonly target?: BackupTarget | undefined;
  /** State of each restored volume, by its name in the VM. Empty unless the drill is running. */
  readonly volumes: ReadonlyMap<string, SeenVolume>;
  /** Longhorn volumes and PersistentVolumes that still exist. Empty before the drill is decided. */
  readonly left: readonly string[];
  /** Read only before the drill starts. */
  readonly place?: DrillPlace;
  /** An object of another owner with a name that the drill needs. Absent if the drill creates nothing any more. */
  readonly inTheWay?: Ref | undefined;
  /** The StorageClasses that exist, by name. */
  readonly classes: ReadonlyMap<string, StorageClass>;
}

export interface SeenVolume {
  readonly volume: Volume | undefined;
  /** Warnings about the claim while it is Pending; undefined without the right to list Events. */
  readonly warnings: readonly KubeEvent[] | undefined;
}

interface DrillPlace extends NamespaceCapacity {
  readonly restores: readonly InProgress[];
}

/** With drills off, the right to read the record may be missing, or the namespace. `undefined` then. */
async function readableRecord(reader: Reader, name: string, namespace: string): Promise<DrillRecord> {
  try {
    return await reader.get('ConfigMap', name, namespace);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return undefined;
  }
}

/**
 * Reads what `plan` decides by: the record, and for a VMBackup its drill. With drills off, only the record.
 * @throws UnreadableError, RetryableError, TerminalError. Nothing is decided then.
 */
export async function observe(reader: Reader, subject: Ref, _nowMs: number, config: Config): Promise<Seen> {
  const { name, namespace } = recordRef(config);
  if (config.drills === 'off') {
    const record = subject.kind === 'ConfigMap' ? await readableRecord(reader, name, namespace) : undefined;
    return { subject, is: 'off', record };
  }
  const record = await reader.get('ConfigMap', name, namespace);
  if (subject.kind !== 'VirtualMachineBackup') {
    return {
      subject,
      is: 'record',
      record,
      made: await readScratchObjects(reader, config.namespace, names.DRILL_LABEL),
    };
  }
  return { subject, ...(await observeDrill(reader, subject, record, config)) };
}

async function observeDrill(reader: Reader, subject: Ref, record: DrillRecord, config: Config): Promise<SeenDrill> {
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  const own = backup?.metadata.uid;
  const entries = entriesFor(record, subject);
  const former = entries.find(([uid, { run }]) => run !== undefined && uid !== own);
  const [uid, entry] = former ?? entries.find(([key]) => key === own) ?? [own ?? '', undefined];
  const made =
    uid === '' ? noScratchObjects : await readScratchObjects(reader, config.namespace, names.DRILL_LABEL, uid);
  const seen = {
    is: 'drill',
    record,
    backup,
    uid,
    entry,
    made,
    volumes: new Map(),
    classes: new Map(),
    left: [],
  } as const;
  const run = entry?.run;
  if (run?.decided !== undefined) return { ...seen, left: await readLeft(reader, run.decided.volumes) };
  if (backup === undefined || uid !== own || config.drills === 'clean') return seen;
  const sources = await readSources(reader, backup);
  const mark = { label: names.DRILL_LABEL, value: uid };
  const inTheWay = await readInTheWay(reader, mark, wantedNames(uid, drillable(sources), config), made);
  const whole = { ...seen, sources, classes: await readClasses(reader, backup), inTheWay };
  if (run !== undefined) return { ...whole, volumes: await readVolumes(reader, made) };
  const target = await reader.get('BackupTarget', targetRef.name, targetRef.namespace);
  return { ...whole, target, place: await readDrillPlace(reader, config) };
}

async function readSources(reader: Reader, backup: VMBackup): Promise<Source[]> {
  const sources: Source[] = [];
  for (const entry of entriesOf(backup)) {
    const longhorn = entry.longhornBackupName ? await longhornBackup(reader, entry.longhornBackupName) : undefined;
    const volume = longhorn?.status?.volumeName;
    sources.push({ entry, longhorn, backupVolumes: volume ? await backupVolumes(reader, volume) : [] });
  }
  return sources;
}

function wantedNames(uid: string, sources: readonly Source[], { namespace, read }: Config): ScratchRef[] {
  const always = ['VolumeSnapshotContent', 'VolumeSnapshot', 'PersistentVolumeClaim'] as const;
  const wanted = read === 'on' ? ([...always, 'Pod'] as const) : always;
  return sources.flatMap(({ entry }) =>
    wanted.map((kind) => scratchRef(kind, nameOf(uid, entry.volumeName), namespace)),
  );
}

/** The provisioner names a volume after its claim, so the volume is found before the claim is bound. */
async function readVolumes(reader: Reader, { claims }: ScratchObjects): Promise<Map<string, SeenVolume>> {
  const volumes = new Map<string, SeenVolume>();
  for (const claim of claims) {
    const { metadata, spec } = claim;
    const name = spec.volumeName || names.volumeNameOf(metadata.uid);
    const warnings = await warningsAbout(reader, claim);
    const volume = await reader.get('Volume', name, names.LONGHORN_NAMESPACE);
    volumes.set(metadata.annotations?.[names.DRILL_VOLUME_ANNOTATION] ?? '', { volume, warnings });
  }
  return volumes;
}

async function readLeft(reader: Reader, volumes: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const name of volumes) {
    if ((await reader.get('Volume', name, names.LONGHORN_NAMESPACE)) !== undefined)
      left.push(`Longhorn volume ${name}`);
    if ((await reader.get('PersistentVolume', name)) !== undefined) left.push(`PersistentVolume ${name}`);
  }
  return left;
}

async function readClasses(reader: Reader, backup: VMBackup): Promise<Map<string, StorageClass>> {
  const classes = new Map<string, StorageClass>();
  for (const name of new Set(entriesOf(backup).map(classOf))) {
    const found = name === '' ? undefined : await reader.get('StorageClass', name);
    if (found !== undefined) classes.set(name, found);
  }
  return classes;
}

async function readDrillPlace(reader: Reader, { namespace }: Config): Promise<DrillPlace> {
  return { ...(await readCapacity(reader, namespace)), restores: await allInProgress(reader) };
}
