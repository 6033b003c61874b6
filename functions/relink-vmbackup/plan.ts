import { isRemote, isOnLonghorn } from '../../shared/chain/vmbackup.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { getCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { BackupTrouble } from '../../shared/chain/longhorn-backup.ts';
import { boundAndReady, misboundPart } from '../../shared/chain/pair.ts';
import { isDeleting, isOwnedBy } from '../../shared/chain/metadata.ts';
import { judgeContent } from '../../shared/chain/content.ts';
import { describeInProgress } from '../../shared/chain/in-progress.ts';
import { volumeFinding } from '../../shared/chain/volume-finding.ts';
import { busySchedule } from '../../shared/chain/schedules.ts';
import { listTargets } from '../../shared/chain/links.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Action, EntrySwitch } from '../../shared/plan/action.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import type { Pair, Seen, SeenVolume } from './observe.ts';
import { isDead, isDynamic, isRight, awaitsDeletePolicy } from './observe.ts';
import { restoreDeletePolicy, retire } from './retire.ts';

/**
 * Decides, volume by volume, which pair a VMBackup should point at. Pure. Points it at nothing but a right pair that is
 * bound by uid and ready; puts the old content on Retain before the new one takes Delete; retires the old pair last.
 */
export function plan(seen: Seen, config: Config): Plan {
  const { subject, backup } = seen;
  const whole = (reason: Reason, message: string): Plan => ({ findings: [{ subject, reason, message, actions: [] }] });
  if (backup === undefined) return whole('VMBackupGone', `${describeRef(subject)} does not exist`);
  if (isDeleting(backup)) return whole('VMBackupDeleting', `${describeRef(subject)} is being deleted`);
  if (!isRemote(backup)) {
    return whole('SnapshotTypeBackup', `${describeRef(subject)} is of type ${backup.spec.type}`);
  }
  const decided = seen.volumes.map((volume) => ({ volume, ...decide(seen, backup, volume, config) }));
  // One write switches every volume that is ready for it; it comes before whatever follows from it.
  const entries = decided.flatMap((d) => (d.switched === undefined ? [] : [d.switched]));
  const switching: Action[] = entries.length === 0 ? [] : [switchEntries(seen, backup, entries)];
  const first = decided.findIndex((d) => d.switched !== undefined);
  return {
    findings: decided.map(({ finding }, i) =>
      i === first ? { ...finding, actions: [...switching, ...finding.actions] } : finding,
    ),
  };
}

interface Decided {
  readonly finding: Finding;
  readonly switched?: EntrySwitch;
}

function decide(seen: Seen, backup: VMBackup, volume: SeenVolume, config: Config): Decided {
  const { entry, current, facts, replacement } = volume;
  const says = (reason: Reason, message: string, about?: Ref, command?: string): Decided => ({
    finding: finding(seen, volume, reason, message, [], command, about),
  });
  if (volume.odd !== undefined) {
    const { object, message, command } = volume.odd;
    return says('ObjectUnreadable', `volume ${entry.volumeName} is left as it is: ${message}`, object, command);
  }
  const { namespace } = backup.metadata;
  const snapshot = ref('VolumeSnapshot', current.name, namespace);
  const content = ref('VolumeSnapshotContent', current.contentName);
  if (!entry.name || !isOnLonghorn(entry)) {
    return says('NotALonghornVolume', `volume ${entry.volumeName} is on ${entry.csiDriverName ?? 'no driver'}`);
  }
  if (!entry.longhornBackupName || facts === undefined) {
    const done = backup.status?.readyToUse === true;
    return done
      ? says('NoLonghornBackupName', `volume ${entry.volumeName} does not record its Longhorn backup`)
      : says('VMBackupInProgress', `volume ${entry.volumeName} does not record its Longhorn backup yet`);
  }
  if (current.snapshot !== undefined && isDeleting(current.snapshot)) {
    return says(
      'SnapshotDeleting',
      `VolumeSnapshot ${current.name}, which volume ${entry.volumeName} uses, is being deleted`,
      snapshot,
    );
  }
  if (isDead(current)) {
    if (replacement !== undefined && isRight(replacement, entry.longhornBackupName, facts))
      return switchTo(seen, backup, volume, replacement, config);
    return says(
      'TakenContentMissing',
      `the content of VolumeSnapshot ${current.name}, which volume ${entry.volumeName} uses, does not exist`,
      content,
    );
  }
  if (isDynamic(current))
    return says('DynamicContent', `volume ${entry.volumeName} uses ${current.name}, taken on this cluster`);

  const right = isRight(current, entry.longhornBackupName, facts);
  if (right && current.snapshot !== undefined && current.content !== undefined) {
    if (!boundAndReady(current.snapshot, current.content)) {
      if (backup.status?.readyToUse !== true && !staleUid(current))
        return says('VMBackupInProgress', `volume ${entry.volumeName}: its pair ${current.name} is not ready yet`);
      const waits = `VolumeSnapshot ${current.name} and its content ${current.contentName} are not bound to each other and ready`;
      return says(staleUid(current) ? 'StaleBinding' : 'PairNotReady', waits);
    }
    return { finding: settle(seen, backup, volume, config) };
  }

  // Wrong, or a part of it lost: a right pair that stands ready is better than either.
  if (replacement !== undefined && isRight(replacement, entry.longhornBackupName, facts)) {
    return switchTo(seen, backup, volume, replacement, config);
  }
  if (current.snapshot === undefined) {
    return says(
      'SnapshotMissing',
      `VolumeSnapshot ${current.name}, which volume ${entry.volumeName} uses, does not exist`,
      snapshot,
    );
  }
  if (current.stranger !== undefined) {
    const ofAnother = current.stranger.spec.volumeSnapshotRef;
    const whose = `${ofAnother.namespace}/${ofAnother.name}`;
    const message = `volume ${entry.volumeName} uses ${current.name}, but its content ${current.contentName} belongs to VolumeSnapshot ${whose}`;
    const command = getCommand(ref('VolumeSnapshotContent', current.contentName));
    return says('Misbound', message, misboundPart(namespace, current, current.stranger), command);
  }
  if (current.content === undefined) {
    return says(
      'ContentMissing',
      `VolumeSnapshotContent ${current.contentName}, which volume ${entry.volumeName} uses, does not exist`,
      content,
    );
  }
  const judged = judgeContent(current.content);
  if ('reason' in judged && judged.reason === 'OtherDriver') {
    const { driver } = current.content.spec;
    const message = `volume ${entry.volumeName} uses ${current.name}, but its content ${current.contentName} is of driver ${driver}`;
    return says('DriverMismatch', message, content, getCommand(ref('VolumeSnapshotContent', current.contentName)));
  }
  if ('handle' in judged && judged.handle.backup !== entry.longhornBackupName) {
    const other = `its content ${current.contentName} names ${judged.handle.backup} and not ${entry.longhornBackupName}`;
    const show = getCommand(ref('VolumeSnapshotContent', current.contentName));
    return says('BackupMismatch', `volume ${entry.volumeName} uses ${current.name}, but ${other}`, content, show);
  }
  if ('reason' in facts && 'handle' in judged) {
    const longhorn = ref('Backup', entry.longhornBackupName, names.LONGHORN_NAMESPACE);
    return says(
      facts.reason,
      `volume ${entry.volumeName} uses ${current.name}, but ${facts.detail}`,
      longhorn,
      showBackup(facts, longhorn),
    );
  }
  const reported = 'reported' in judged ? ` and ${judged.reported} in its status` : '';
  const why = `its content ${current.contentName} has the handle ${current.content.spec.source.snapshotHandle}${reported}`;
  return says('AwaitsReplacement', `volume ${entry.volumeName} uses ${current.name}, but ${why}`);
}

const showBackup = ({ reason, absent }: BackupTrouble, backup: Ref): string =>
  reason === 'BackupMissing' || absent === true ? listTargets() : getCommand(backup);

const staleUid = ({ snapshot, content }: Pair): boolean => {
  const uid = content?.spec.volumeSnapshotRef.uid;
  return uid !== undefined && uid !== null && uid !== snapshot?.metadata.uid;
};

/** What forbids to write to the VMBackup, or to take away what it used, just now. */
function notNow(seen: Seen, backup: VMBackup): { reason: Reason; message: string; command?: string } | undefined {
  const name = describeRef(seen.subject);
  if (seen.unsettled.length > 0) {
    return busySchedule(backup, seen.unsettled);
  }
  if (seen.restores.length > 0) {
    const message = `restore ${describeInProgress(seen.restores)} from ${name} is in progress`;
    const command = seen.restores.find((restore) => restore.command !== undefined)?.command;
    return { reason: 'RestoreInProgress', message, ...(command !== undefined && { command }) };
  }
  if (backup.status?.readyToUse !== true || !backup.status.source)
    return { reason: 'VMBackupNotReady', message: `${name} is not ready` };
  return undefined;
}

function switchTo(seen: Seen, backup: VMBackup, volume: SeenVolume, next: Pair, config: Config): Decided {
  const { entry, current, index, facts } = volume;
  const says = (reason: Reason, message: string, actions: readonly Action[] = []) =>
    finding(seen, volume, reason, message, actions);
  if (next.snapshot === undefined || next.content === undefined || !boundAndReady(next.snapshot, next.content)) {
    return { finding: says('PairNotReady', `the right pair ${next.name} is not bound and ready yet`) };
  }
  if (!isOwnedBy(next.snapshot, backup.metadata.uid)) {
    return {
      finding: says(
        'RevisedNameTaken',
        `VolumeSnapshot ${next.name} has the right handle but does not belong to this VMBackup`,
      ),
    };
  }
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  if (recorded && facts !== undefined && 'volume' in facts && recorded !== facts.volume) {
    const message = `the VMBackup records volume ${recorded} for ${entry.volumeName}, but backup ${entry.longhornBackupName} is of ${facts.volume}`;
    return { finding: says('VolumeMismatch', message) };
  }
  const obstacle = notNow(seen, backup);
  if (obstacle !== undefined)
    return { finding: finding(seen, volume, obstacle.reason, obstacle.message, [], obstacle.command) };

  const after = { ...volume, current: next, predecessors: [current, ...volume.predecessors], replacement: undefined };
  const retired = retire(seen, backup, after, config);
  const followUp = [...retired.flatMap((r) => r.actions), ...restoreDeletePolicy(seen, after, retired)];
  return {
    finding: says(
      'SwitchPair',
      `volume ${entry.volumeName} is pointed at ${next.name}, whose handle is ${next.content.spec.source.snapshotHandle}`,
      order(followUp),
    ),
    switched: { index, volumeName: entry.volumeName, from: current.name, to: next.name },
  };
}

/** The volume points at a right pair: take Delete if that was the old policy, and retire what is left over. */
function settle(seen: Seen, backup: VMBackup, volume: SeenVolume, config: Config): Finding {
  const { entry, current, replacement, predecessors } = volume;
  const leftovers = predecessors.length > 0 || replacement !== undefined;
  const linked = `volume ${entry.volumeName} uses ${current.name}, whose handle ${current.content?.spec.source.snapshotHandle} is right`;
  if (!leftovers && !awaitsDeletePolicy(current)) return finding(seen, volume, 'VolumeLinked', linked);

  const obstacle = notNow(seen, backup);
  const retired = obstacle === undefined ? retire(seen, backup, volume, config) : [];
  // Taking Delete again touches neither the VMBackup nor anything a restore reads; only a busy schedule speaks against it.
  const armed = seen.unsettled.length > 0 ? [] : restoreDeletePolicy(seen, volume, retired);
  if (obstacle !== undefined && armed.length === 0) {
    return finding(seen, volume, obstacle.reason, `${linked}; ${obstacle.message}`, [], obstacle.command);
  }
  const actions = order([...retired.flatMap((r) => r.actions), ...armed]);
  if (actions.length > 0) {
    const reason = retired.find((r) => r.actions.length > 0)?.reason ?? 'ArmContent';
    const parts = [
      ...retired.map((r) => r.message),
      ...(armed.length > 0 ? [`content ${current.contentName} takes Delete again`] : []),
    ];
    return finding(seen, volume, reason, `${linked}; ${parts.join('; ')}`, actions);
  }
  const open = retired[0];
  if (open !== undefined) return finding(seen, volume, open.reason, `${linked}; ${open.message}`, [], open.command);
  if (!awaitsDeletePolicy(current)) return finding(seen, volume, 'VolumeLinked', linked);
  return finding(seen, volume, 'LeftOnRetain', `${linked}; ${whyOnRetain(seen, volume)} ${entry.longhornBackupName}`);
}

/** Ends before the name of the backup. */
function whyOnRetain({ usedElsewhere }: Seen, { current, holders, perhapsHolders, sharers }: SeenVolume): string {
  if (perhapsHolders.length > 0) return `${perhapsHolders.join(', ')} cannot be read and may free backup`;
  if (sharers.length > 0) return `${sharers.join(', ')} records too, and must not lose, backup`;
  if (usedElsewhere.has(current.name)) return `another volume uses ${current.name} too, and must not lose backup`;
  return `${holders.join(', ')} already frees backup`;
}

/** Off Delete first, onto Delete second, deletions last: at no moment do two contents hold the power to erase one backup. */
function order(actions: readonly Action[]): Action[] {
  const rank = (a: Action) => (a.do === 'setPolicy' ? (a.to === 'Retain' ? 0 : 1) : a.do === 'deleteSnapshot' ? 2 : 3);
  return [...actions].sort((a, b) => rank(a) - rank(b));
}

function switchEntries({ subject }: Seen, backup: VMBackup, entries: readonly EntrySwitch[]): Action {
  const { uid, resourceVersion, annotations } = backup.metadata;
  return {
    do: 'switchEntries',
    target: { ...subject, uid, resourceVersion },
    entries,
    hasAnnotations: Boolean(annotations),
  };
}

const finding = (
  { subject }: Seen,
  { entry, current }: SeenVolume,
  reason: Reason,
  message: string,
  actions: readonly Action[] = [],
  command?: string,
  about?: Ref,
): Finding => volumeFinding(subject, entry, current.content, { reason, message, actions, command, about });
