import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { Link } from '../chain/link.ts';
import type { Chain, ChainVolume } from '../chain/chain.ts';
import { judgeStatus } from '../chain/vmbackup-status.ts';
import { judgeAdmission, judgeTargetOf, commandForTarget } from '../chain/target.ts';
import { isDeleting } from '../chain/metadata.ts';
import { isLocal, showBackupNames } from '../chain/vmbackup.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import { patchCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import { checkAdmission } from './admission.ts';
import { checkConflicts } from './conflicts.ts';
import { checkMode } from './mode.ts';
import { checkPlannedPairs } from './planned-pairs.ts';
import { checkCapacity } from './capacity.ts';
import { checkSharedDisks } from './shared-disks.ts';
import { isFound } from '../ports/attempt.ts';
import type { SeenPreflight } from './seen-preflight.ts';
import { seriesOf } from '../domain/releases.ts';
import { checkVersion } from './harvester-versions.ts';

/** The input of the checks. */
interface Question {
  readonly seen: SeenPreflight;
  /** Every link of every volume of the VMBackup, judged. */
  readonly links: readonly Link[];
  readonly nowMs: number;
}

/** The checks in the order of display. Each is independent of the others. */
const checks: readonly ((question: Question) => readonly Check[])[] = [
  // `backup`: the VMBackup is ready, and its type can be restored there.
  ({ seen, nowMs }) => [checkBackup(seen, nowMs)],
  // `target`: it is connected and reachable, and is the target of the VMBackup.
  ({ seen }) => [checkTarget(seen)],
  // `volume`, one per volume: its data, and the chain from the VMBackup to it.
  ({ seen, links }) => checkVolumes(seen, links),
  // `driver`: the CSI drivers of the volumes are installed.
  ({ seen }) => [checkDriver(seen)],
  // Room in the namespace: namespace, quota, limits, storage classes, images.
  ({ seen }) => checkCapacity(seen),
  // Conflicts: a VM of the same name, its MAC addresses, missing secrets.
  ({ seen }) => checkConflicts(seen),
  // Further causes for Harvester's webhook to refuse it: networks, snapshot classes, other restores, old volumes.
  ({ seen }) => checkAdmission(seen),
  // `sharing`: disks that several VMs use.
  ({ seen }) => [checkSharedDisks(seen)],
  // `pairs`: objects with the names that a restore into another namespace will use.
  ({ seen }) => checkPlannedPairs(seen),
  // `schedule`: Harvester refuses to restore backups of a running schedule.
  ({ seen }) => [checkSchedule(seen)],
  // `version`: how this release of Harvester handles a wrong handle, and its other known problems.
  ({ seen, links }) => [checkVersion(seen, links)],
];

/**
 * Whether this restore would work now: one result per check, in a fixed order. A failed read makes the checks that need
 * it `unknown`. If the VMBackup does not exist, that is the only result. Pure; throws nothing. `nowMs`: the time of
 * deciding, for the age of objects that are not ready.
 */
export function preflight(seen: SeenPreflight, nowMs: number): Check[] {
  const { chain, request } = seen;
  if (chain === undefined) {
    return [{ name: 'backup', result: 'fail', message: `${describeRef(request.backup)} does not exist` }];
  }
  const question: Question = { seen, links: judgeStatus(chain, nowMs).links, nowMs };
  return checks.flatMap((check) => check(question));
}

function checkBackup({ chain, request }: SeenPreflight, nowMs: number): Check {
  const name = 'backup';
  const own = describeRef(request.backup);
  if (chain === undefined) return { name, result: 'fail', message: `${own} does not exist` };
  const { backup } = chain;
  if (isDeleting(backup)) return { name, result: 'fail', message: `${own} is being deleted` };
  const notReady = judgeStatus(chain, nowMs).readiness;
  if (notReady !== undefined) {
    const { message, command } = notReady;
    return { name, result: 'fail', message, ...(command !== undefined && { cure: command }) };
  }
  if (chain.volumes.length === 0) return { name, result: 'fail', message: `${own} has no volumes` };
  if (isLocal(backup)) {
    const away = request.to !== request.backup.namespace;
    const message = `${own} is of type snapshot: it exists only on this cluster${away ? ' and can be restored only into its own namespace' : ''}`;
    return { name, result: away ? 'fail' : 'warn', message, ...(away && { cure: 'restore into its own namespace' }) };
  }
  return { name, result: 'pass', message: `${own} is ready` };
}

function checkTarget({ chain, setting, request }: SeenPreflight): Check {
  const name = 'target';
  if (chain !== undefined && isLocal(chain.backup)) {
    return { name, result: 'pass', message: 'a backup of type snapshot needs no target' };
  }
  const trouble = chain === undefined ? undefined : judgeTargetOf(chain.backup, chain.target);
  // An existing restore has passed admission.
  const asked = chain !== undefined && isFound(setting) && request.restore === undefined;
  const refused = asked ? judgeAdmission(chain.backup, setting.found) : undefined;
  if (trouble === undefined && refused !== undefined) {
    const cure = 'set backup-target to the target of the VMBackup again, with the same address';
    return { name, result: 'fail', message: refused, cure };
  }
  if (trouble === undefined) return { name, result: 'pass', message: 'the backup’s target is connected and reachable' };
  return { name, result: 'fail', message: trouble.detail, cure: commandForTarget(trouble.reason) };
}

/** In its own namespace a restore uses the pairs of the VMBackup. In another one it creates pairs from the backup. */
function checkVolumes(seen: SeenPreflight, links: readonly Link[]): Check[] {
  const { chain, request } = seen;
  const own = request.to === request.backup.namespace;
  return (chain?.volumes ?? []).map((one): Check => {
    const name = 'volume';
    const volume = one.entry.volumeName;
    if (one.unreadable !== undefined) {
      const { message, command: cure } = one.unreadable;
      return { name, volume, result: 'unknown', message, cure };
    }
    if (chain !== undefined && (isLocal(chain.backup) || !one.entry.longhornBackupName)) {
      return checkLocal(seen, chain, one);
    }
    const needed = links.filter(
      (link) => link.volume === volume && link.link !== 'vmbackup' && link.link !== 'target' && (own || !isPair(link)),
    );
    const wrongHandle = (link: Link) => link.reason === 'HandleWrong' || isOwnership(link);
    // `version` reports a wrong handle, since its effect depends on the release.
    const broken = needed.find((link) => link.result === 'fail' && !wrongHandle(link));
    if (broken !== undefined) {
      return {
        name,
        volume,
        result: 'fail',
        message: broken.message,
        ...(broken.command !== undefined && { cure: broken.command }),
      };
    }
    const mode = own ? checkMode(one) : undefined;
    if (mode !== undefined) return mode;
    const open = needed.find((link) => link.result === 'wait' || link.result === 'skip');
    if (open !== undefined)
      return { name, volume, result: open.result === 'wait' ? 'warn' : 'unknown', message: open.message };
    const wrong = needed.find(wrongHandle);
    if (wrong !== undefined) {
      return {
        name,
        volume,
        result: 'warn',
        message: wrong.message,
        ...(wrong.command !== undefined && { cure: wrong.command }),
      };
    }
    return { name, volume, result: 'pass', message: `the data of volume ${volume} is reachable` };
  });
}

/**
 * A volume without a remote backup has only its snapshot, which Harvester 1.5 and later restores only for type
 * snapshot.
 */
function checkLocal({ version, request }: SeenPreflight, { backup }: Chain, one: ChainVolume): Check {
  const name = 'volume';
  const { volumeName: volume, name: snapshot } = one.entry;
  const release = isFound(version) ? seriesOf(version.found) : undefined;
  const home = request.to === request.backup.namespace;
  if (!isLocal(backup) && (!home || release === undefined || release >= 105)) {
    const message = `volume ${volume} does not record its Longhorn backup: Harvester refuses the restore`;
    return {
      name,
      volume,
      result: 'fail',
      message,
      cure: showBackupNames(ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace)),
    };
  }
  const there =
    one.snapshot !== undefined && !isDeleting(one.snapshot) && one.snapshot.status?.readyToUse === true && one.content;
  return there
    ? (checkMode(one) ?? {
        name,
        volume,
        result: 'pass',
        message: `the snapshot of volume ${volume} is on this cluster`,
      })
    : { name, volume, result: 'fail', message: `the snapshot ${snapshot} of volume ${volume} is gone or not ready` };
}

/** Ownership matters for deletion, not for a restore. */
const isOwnership = ({ reason }: Link): boolean => ['SnapshotUnowned', 'OwnedByAnother'].includes(reason);

const isPair = ({ link }: Link): boolean => link === 'snapshot' || link === 'content';

function checkDriver({ missingDrivers }: SeenPreflight): Check {
  const name = 'driver';
  return ifKnown(name, missingDrivers, ([missing]) => {
    if (missing === undefined) return { name, result: 'pass', message: 'the CSI driver of every volume is installed' };
    const what = missing === names.LONGHORN_DRIVER ? 'Longhorn' : 'it';
    return { name, result: 'fail', message: `CSI driver ${missing} is not installed`, cure: `install ${what}` };
  });
}

function checkSchedule({ schedule, chain }: SeenPreflight): Check {
  const name = 'schedule';
  const by = chain?.backup.metadata.annotations?.[names.SCHEDULE_ANNOTATION] ?? '';
  if (by === '') return { name, result: 'pass', message: 'the backup does not belong to a schedule' };
  return ifKnown(name, schedule, (found) => {
    if (found === undefined) return { name, result: 'pass', message: `its schedule ${by} is gone` };
    if (found.spec.suspend === true) return { name, result: 'pass', message: `its schedule ${by} is suspended` };
    const { name: schedule_, namespace } = found.metadata;
    const cure = patchCommand(ref('ScheduleVMBackup', schedule_, namespace), { spec: { suspend: true } });
    return {
      name,
      result: 'fail',
      message: `its schedule ${by} is active: Harvester refuses the restore until it is suspended`,
      cure,
    };
  });
}
