import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { Link } from '../chain/link.ts';
import type { Chain, ChainVolume } from '../chain/chain.ts';
import { judgeStatus } from '../chain/vmbackup-status.ts';
import { judgeAdmission, judgeTargetOf } from '../chain/target.ts';
import { commandForTarget, showBackupNames } from '../chain/links.ts';
import { isDeleting } from '../chain/metadata.ts';
import { isLocal } from '../chain/vmbackup.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import { patchCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import { checkAdmission } from './admission.ts';
import { checkClashes } from './conflicts.ts';
import { checkMode } from './mode.ts';
import { checkPairs } from './planned-pairs.ts';
import { checkRoom } from './capacity.ts';
import { checkSharing } from './shared-disks.ts';
import { isFound } from '../ports/attempt.ts';
import type { SeenPreflight } from './seen-preflight.ts';
import { seriesOf } from '../domain/releases.ts';
import { checkVersion } from './harvester-versions.ts';

/** Will this restore work, there, now? Pure: every question by itself. */
export function preflight(seen: SeenPreflight, nowMs: number): Check[] {
  const { chain, wish } = seen;
  const name = describeRef(wish.backup);
  if (chain === undefined) return [{ name: 'backup', result: 'fail', message: `${name} does not exist` }];
  const { links } = judgeStatus(chain, nowMs);
  return [
    checkBackup(seen, nowMs),
    checkTarget(seen),
    ...checkVolumes(seen, links),
    checkDriver(seen),
    ...checkRoom(seen),
    ...checkClashes(seen),
    ...checkAdmission(seen),
    checkSharing(seen),
    ...checkPairs(seen),
    checkSchedule(seen),
    checkVersion(seen, links),
  ];
}

function checkBackup({ chain, wish }: SeenPreflight, nowMs: number): Check {
  const name = 'backup';
  const own = describeRef(wish.backup);
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
    const away = wish.to !== wish.backup.namespace;
    const message = `${own} is of type snapshot: it exists only on this cluster${away ? ' and can be restored only into its own namespace' : ''}`;
    return { name, result: away ? 'fail' : 'warn', message, ...(away && { cure: 'restore into its own namespace' }) };
  }
  return { name, result: 'pass', message: `${own} is ready` };
}

function checkTarget({ chain, setting, wish }: SeenPreflight): Check {
  const name = 'target';
  if (chain !== undefined && isLocal(chain.backup)) {
    return { name, result: 'pass', message: 'a backup of type snapshot needs no target' };
  }
  const trouble = chain === undefined ? undefined : judgeTargetOf(chain.backup, chain.target);
  // One that exists has been admitted.
  const asked = chain !== undefined && isFound(setting) && wish.restore === undefined;
  const refused = asked ? judgeAdmission(chain.backup, setting.found) : undefined;
  if (trouble === undefined && refused !== undefined) {
    const cure = 'set backup-target to the target of the VMBackup again, with the same address';
    return { name, result: 'fail', message: refused, cure };
  }
  if (trouble === undefined) return { name, result: 'pass', message: 'the backup’s target is connected and reachable' };
  return { name, result: 'fail', message: trouble.detail, cure: commandForTarget(trouble.reason) };
}

/** In its own namespace a restore goes through the VMBackup's pairs; elsewhere it makes its own from the backup. */
function checkVolumes(seen: SeenPreflight, links: readonly Link[]): Check[] {
  const { chain, wish } = seen;
  const own = wish.to === wish.backup.namespace;
  return (chain?.volumes ?? []).map((one): Check => {
    const name = 'volume';
    const volume = one.entry.volumeName;
    if (one.odd !== undefined) {
      const { message, command: cure } = one.odd;
      return { name, volume, result: 'unknown', message, cure };
    }
    if (chain !== undefined && (isLocal(chain.backup) || !one.entry.longhornBackupName)) {
      return checkLocal(seen, chain, one);
    }
    const needed = links.filter(
      (link) => link.volume === volume && link.link !== 'vmbackup' && link.link !== 'target' && (own || !isPair(link)),
    );
    const wrongHandle = (link: Link) => link.reason === 'HandleWrong' || isOwnership(link);
    // What a wrong handle costs depends on the release: told there.
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

/** Without a remote backup there is the snapshot alone, and Harvester 1.5 and later restores that only where it was meant. */
function checkLocal({ version, wish }: SeenPreflight, { backup }: Chain, one: ChainVolume): Check {
  const name = 'volume';
  const { volumeName: volume, name: snapshot } = one.entry;
  const release = isFound(version) ? seriesOf(version.found) : undefined;
  const home = wish.to === wish.backup.namespace;
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

/** Whose it is decides about its end, not about a restore. */
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
