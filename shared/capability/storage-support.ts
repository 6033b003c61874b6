import { ref } from '../domain/kinds.ts';
import { getCommand, listCommand } from '../domain/kubectl.ts';
import { isFound } from '../ports/attempt.ts';
import * as names from '../domain/names.ts';
import { answer } from './answer.ts';
import { classFor, createClassCommand, takesSnapshots } from './config.ts';
import { describeProbed } from './probe-note.ts';
import type { SeenDriver } from './read.ts';
import { isCsi } from './snapshotter.ts';
import type { Answers, CapabilityAnswer } from './types.ts';

export type Engine = 'v1' | 'v2';

/** What the storage of a class or volume supports, regardless of Harvester. `engine`: Longhorn's, if known. */
export function storageSupport(seen: SeenDriver, engine: Engine | undefined): Answers {
  const snapshot = canSnapshot(seen);
  const backup = canBackUp(seen);
  return {
    snapshot,
    backup,
    restoreElsewhere:
      backup.answer === 'yes'
        ? answer('RestoresFromTarget', 'any cluster that is connected to the backup target can restore it')
        : backup,
    clone: canClone(seen, engine),
  };
}

function canSnapshot(seen: SeenDriver): CapabilityAnswer {
  const { driver, classes, evidence } = seen;
  const missing = whatIsMissing(seen);
  if (missing !== undefined) return missing;
  if (!isFound(classes)) {
    return evidence.snapshots === 'ready' ? seenReady(seen) : notVisible('its VolumeSnapshotClasses', classes.unknown);
  }
  if (!classes.found.some((one) => one.driver === driver)) {
    const message = `no VolumeSnapshotClass names driver ${driver}`;
    const made = driver === names.LONGHORN_DRIVER ? classFor(driver, [], 'snapshot') : `${driver}-snapshot`;
    return answer(
      'NoSnapshotClass',
      message,
      createClassCommand(driver, made, driver === names.LONGHORN_DRIVER ? 'snap' : undefined),
    );
  }
  return atWork(seen);
}

/** The missing prerequisite of any snapshot; undefined if none is missing. */
function whatIsMissing({ driver, drivers, served, classes, snapshotter, evidence }: SeenDriver) {
  if (!isCsi(driver)) {
    return answer(
      'NotCsi',
      `provisioner ${driver || '(none)'} is not a CSI driver`,
      'use a StorageClass of a CSI driver',
    );
  }
  // The CSIDriver object is optional: other evidence for the driver counts as well.
  const absent = isFound(snapshotter) && snapshotter.found === 'absent';
  const spokenFor =
    (isFound(snapshotter) && snapshotter.found === 'runs') ||
    evidence.content !== undefined ||
    (!absent && isFound(classes) && classes.found.some((one) => one.driver === driver));
  if (isFound(drivers) && !drivers.found.has(driver) && !spokenFor) {
    return answer(
      'DriverNotInstalled',
      `CSIDriver ${driver} does not exist: the driver is not installed, or not a CSI driver`,
      listCommand('CSIDriver'),
    );
  }
  if (!served) {
    return answer(
      'SnapshotApiMissing',
      'the API server does not serve snapshot.storage.k8s.io/v1',
      'install the CRDs and the snapshot-controller of kubernetes-csi/external-snapshotter',
    );
  }
  if (absent) {
    return answer(
      'SnapshotterMissing',
      `no csi-snapshotter of ${driver} is running: a snapshot would stay pending`,
      `enable the csi-snapshotter sidecar of ${driver} in its chart, or scale it up again`,
    );
  }
  return undefined;
}

/** The answer if all prerequisites exist: by evidence, else by the csi-snapshotter. */
function atWork(seen: SeenDriver): CapabilityAnswer {
  const { driver, snapshotter, evidence } = seen;
  const { probed } = evidence;
  const look =
    evidence.content === undefined
      ? listCommand('VolumeSnapshotContent')
      : getCommand(ref('VolumeSnapshotContent', evidence.content));
  switch (evidence.snapshots) {
    case 'ready':
      return seenReady(seen);
    case 'refused':
      return answer(
        'DriverRefuses',
        `${driver} says that it does not implement snapshots`,
        probed === undefined ? look : PROBE_AGAIN,
      );
    case 'failed':
      if (probed !== undefined) return answer('ProbeFailed', describeProbed(probed), PROBE_AGAIN);
      return answer('SnapshotsFail', `all snapshots of ${driver} so far have failed`, look);
    case undefined:
  }
  if (!isFound(snapshotter))
    return notVisible(`whether a csi-snapshotter of ${driver} is running`, snapshotter.unknown);
  if (snapshotter.found === 'runs') return answer('SnapshotterRuns', `the csi-snapshotter of ${driver} runs`);
  return answer(
    'SnapshotterUnsure',
    `a csi-snapshotter exists, but it is unknown whether it belongs to ${driver} and works`,
    'run gleaner capability --probe with the name of the StorageClass to find out',
  );
}

const PROBE_AGAIN = 'fix the cause, then run gleaner capability --probe again';

const seenReady = ({ driver, evidence: { probed } }: SeenDriver): CapabilityAnswer =>
  probed === undefined
    ? answer('SnapshotSeen', `a snapshot of ${driver} became ready here`)
    : answer('SnapshotProved', describeProbed(probed));

function canBackUp(seen: SeenDriver): CapabilityAnswer {
  const { driver, classes } = seen;
  if (driver !== names.LONGHORN_DRIVER) {
    return answer(
      'OnlyLonghorn',
      `a snapshot of ${driver || 'such a volume'} stays in its storage; only Longhorn writes to the backup target`,
      'back it up with the tools of the storage or inside the VM, or move the volume to Longhorn',
    );
  }
  const missing = whatIsMissing(seen);
  if (missing !== undefined) return missing;
  if (!isFound(classes)) return notVisible('its VolumeSnapshotClasses', classes.unknown);
  if (!classes.found.some((one) => one.driver === driver && !takesSnapshots(one))) {
    const message = 'no VolumeSnapshotClass of Longhorn takes backups';
    return answer('NoBackupClass', message, createClassCommand(driver, classFor(driver, [], 'backup')));
  }
  const working = atWork(seen);
  return working.answer === 'yes' ? answer('LonghornBacksUp', 'Longhorn copies its snapshots to the target') : working;
}

function canClone(seen: SeenDriver, engine: Engine | undefined): CapabilityAnswer {
  const { driver, evidence } = seen;
  const missing = whatIsMissing(seen);
  // A clone needs the driver and no snapshot.
  if (missing?.reason === 'NotCsi' || missing?.reason === 'DriverNotInstalled') return missing;
  if (evidence.cloned === true) return answer('CloneSeen', 'a volume of its StorageClass was cloned from another one');
  if (driver === names.LONGHORN_DRIVER && engine === 'v1')
    return answer('LonghornClones', 'Longhorn clones its volumes');
  return answer(
    'CloneNotSeen',
    `it is not visible from outside whether ${driver} can clone${engine === 'v2' ? ' volumes of the v2 engine' : ''}`,
    'clone a volume; a bound clone answers the question',
  );
}

const notVisible = (what: string, why: string): CapabilityAnswer => answer('NotVisible', `${what}: ${why}`);
