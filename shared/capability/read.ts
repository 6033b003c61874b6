import * as names from '../domain/names.ts';
import { judgeTarget } from '../chain/target.ts';
import type { Attempted } from '../ports/attempt.ts';
import { attempt, isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { SnapshotClass, StorageClass } from '../objects/types.ts';
import type { DriverConfigSetting } from './config.ts';
import type { Evidence } from './evidence.ts';
import { readEvidence } from './evidence.ts';
import type { VolumeMode } from './volume-mode.ts';
import { modeForDisks } from './volume-mode.ts';
import { parseNotes } from './notes.ts';
import type { SnapshotterState } from './snapshotter.ts';
import { readSnapshotter } from './snapshotter.ts';

/** What all StorageClasses of a cluster share. */
export interface ClusterStorage {
  /** Harvester's version: `v1.6.1`. */
  readonly version: Attempted<string | undefined>;
  readonly config: Attempted<DriverConfigSetting | undefined>;
  /** Names of the existing CSIDrivers. */
  readonly drivers: Attempted<ReadonlySet<string>>;
  /** Whether the API server serves snapshot.storage.k8s.io/v1. */
  readonly served: boolean;
  readonly classes: Attempted<readonly SnapshotClass[]>;
  /** Whether a backup target is connected. */
  readonly target: Attempted<boolean>;
}

/** What is known about one driver. */
export interface SeenDriver extends ClusterStorage {
  readonly driver: string;
  readonly snapshotter: Attempted<SnapshotterState>;
  /** About volumes of one mode: for a class the mode of VM disks, for a volume its own. */
  readonly evidence: Evidence;
}

export interface SeenClass extends SeenDriver {
  readonly storageClass: StorageClass;
}

/** Reads each field independently: a failed read makes only the answers that need it unknown. */
export async function readClusterStorage(reader: Reader): Promise<ClusterStorage> {
  const setting = (name: string) => attempt(() => reader.get('Setting', name));
  const [version, config] = [await setting(names.VERSION_SETTING), await setting(names.DRIVERS_SETTING)];
  const served = await reader.serves('VolumeSnapshotClass');
  return {
    version: isFound(version) ? { found: version.found?.value } : version,
    config: isFound(config) ? { found: config.found?.drivers } : config,
    drivers: await attempt(async () => {
      const found = new Set<string>();
      for await (const { metadata } of reader.list('CSIDriver')) found.add(metadata.name);
      return found;
    }),
    served,
    classes: served ? await attempt(() => snapshotClasses(reader)) : { found: [] },
    target: await attempt(async () => {
      const target = await reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE);
      return judgeTarget(target)?.reason !== 'TargetNotConnected';
    }),
  };
}

export async function readClass(
  reader: Reader,
  storageClass: StorageClass,
  nowMs: number,
  cluster?: ClusterStorage,
  snapshotters = new Map<string, Attempted<SnapshotterState>>(),
): Promise<SeenClass> {
  const seen = cluster ?? (await readClusterStorage(reader));
  const driver = storageClass.provisioner ?? '';
  const snapshotter = snapshotters.get(driver) ?? (await snapshotterOf(reader, driver, seen, nowMs));
  snapshotters.set(driver, snapshotter);
  const one = { ...seen, storageClass, driver, snapshotter };
  return { ...one, evidence: await evidenceOf(reader, one, modeForDisks(storageClass)) };
}

/** The evidence about volumes of one mode, which may differ from the mode of VM disks. */
export function evidenceOf(reader: Reader, seen: Omit<SeenClass, 'evidence'>, mode: VolumeMode): Promise<Evidence> {
  const noted = parseNotes(seen.storageClass.metadata.annotations);
  return readEvidence(reader, seen.storageClass, { noted, hasClass: hasClass(seen, seen.driver), mode });
}

/** Yields every StorageClass. Reads what they share once. @throws what the reader throws */
export async function* readClasses(reader: Reader, nowMs: number, cluster?: ClusterStorage): AsyncGenerator<SeenClass> {
  const seen = cluster ?? (await readClusterStorage(reader));
  const snapshotters = new Map<string, Attempted<SnapshotterState>>();
  for await (const one of reader.list('StorageClass')) yield readClass(reader, one, nowMs, seen, snapshotters);
}

export function snapshotterOf(
  reader: Reader,
  driver: string,
  seen: ClusterStorage,
  nowMs: number,
): Promise<Attempted<SnapshotterState>> {
  const expected = !isFound(seen.drivers) || seen.drivers.found.has(driver) || hasClass(seen, driver);
  return readSnapshotter(reader, driver, nowMs, expected);
}

const hasClass = ({ classes }: ClusterStorage, driver: string): boolean =>
  isFound(classes) && classes.found.some((one) => one.driver === driver);

async function snapshotClasses(reader: Reader): Promise<SnapshotClass[]> {
  const found: SnapshotClass[] = [];
  for await (const one of reader.list('VolumeSnapshotClass')) if (!one.metadata.deletionTimestamp) found.push(one);
  return found;
}
