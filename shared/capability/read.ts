import * as names from '../domain/names.ts';
import { judgeTarget } from '../chain/target.ts';
import type { Reader } from '../kube/ports.ts';
import type { SnapshotClass, StorageClass } from '../objects/types.ts';
import { attempt } from './attempt.ts';
import type { Configured } from './config.ts';
import type { Evidence } from './evidence.ts';
import { readEvidence } from './evidence.ts';
import { parseNotes } from './notes.ts';
import type { SnapshotterState } from './snapshotter.ts';
import { readSnapshotter } from './snapshotter.ts';
import type { Known } from './types.ts';

/** What is the same for every StorageClass of a cluster. */
export interface Surroundings {
  /** As Harvester gives it: `v1.6.1`. */
  readonly version: Known<string | undefined>;
  readonly config: Known<Configured | undefined>;
  /** The CSIDrivers there are. */
  readonly drivers: Known<ReadonlySet<string>>;
  /** Whether snapshot.storage.k8s.io/v1 is. */
  readonly served: boolean;
  readonly classes: Known<readonly SnapshotClass[]>;
  /** Whether a backup target is connected. */
  readonly target: Known<boolean>;
}

/** What is there for one driver. */
export interface SeenDriver extends Surroundings {
  readonly driver: string;
  readonly snapshotter: Known<SnapshotterState>;
  readonly evidence: Evidence;
}

export interface SeenClass extends SeenDriver {
  readonly storageClass: StorageClass;
}

/** Reads each thing by itself: what may not be read makes the answers unknown that need it, and no others. */
export async function readSurroundings(reader: Reader): Promise<Surroundings> {
  const setting = (name: string) => attempt(() => reader.get('Setting', name));
  const [version, config] = [await setting(names.VERSION_SETTING), await setting(names.DRIVERS_SETTING)];
  const served = await reader.serves('VolumeSnapshotClass');
  return {
    version: 'found' in version ? { found: version.found?.value } : version,
    config: 'found' in config ? { found: config.found?.drivers } : config,
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
  surroundings?: Surroundings,
): Promise<SeenClass> {
  const seen = surroundings ?? (await readSurroundings(reader));
  const driver = storageClass.provisioner ?? '';
  const classes = 'found' in seen.classes ? seen.classes.found : [];
  const hasClass = classes.some((one) => one.driver === driver);
  const noted = parseNotes(storageClass.metadata.annotations);
  return {
    ...seen,
    storageClass,
    driver,
    snapshotter: await readSnapshotter(reader, driver, nowMs),
    evidence: await readEvidence(reader, storageClass, noted, hasClass),
  };
}

async function snapshotClasses(reader: Reader): Promise<SnapshotClass[]> {
  const found: SnapshotClass[] = [];
  for await (const one of reader.list('VolumeSnapshotClass')) if (!one.metadata.deletionTimestamp) found.push(one);
  return found;
}
