import type { Chain, ChainVolume } from './chain.ts';
import type { Ref } from '../domain/kinds.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import { getCommand, listCommand, retainCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import type { VMBackup, VolumeEntry } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './longhorn-backup.ts';
import { hangs, isPastReadyDeadline, snapshotError } from './waiting.ts';
import { isDeleting } from './metadata.ts';
import { isLocal, driverOf, showBackupNames } from './vmbackup.ts';
import { isStalled, judgeBackup, judgeBackupVolumes, targetOf } from './longhorn-backup.ts';
import { judgeContentLink, misbound, unusable } from './content-link.ts';
import type { Judged, Link, LinkName } from './link.ts';
import { fail, linkNames, pass, skip, wait } from './link.ts';
import { judgeReadiness } from './readiness.ts';
import type { Absence, TargetTrouble } from './target.ts';
import { judgeAbsence, judgeTargetOf, listVolumes, targetRef, listTargets, commandForTarget } from './target.ts';
import type { UnreadableObject } from './unreadable.ts';

/** Judges every link of every volume. Pure. Returns six links per volume, in the order of `linkNames`. */
export function judgeChain(chain: Chain, nowMs: number): Link[] {
  // Of two equal entries only the first is judged; it is reported as ambiguous.
  const same = (a: VolumeEntry, b: VolumeEntry) => a.name === b.name && a.volumeName === b.volumeName;
  return chain.volumes
    .filter(({ entry }, at, all) => all.findIndex((other) => same(other.entry, entry)) === at)
    .flatMap((volume) => judgeVolume(chain, volume, nowMs));
}

function judgeVolume(chain: Chain, volume: ChainVolume, nowMs: number): Link[] {
  const { backup } = chain;
  const { entry } = volume;
  const own = ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace);
  if (volume.unreadable !== undefined) return unreadableLinks(entry, volume.unreadable);
  const driver = driverOf(entry);
  const local =
    driver !== names.LONGHORN_DRIVER
      ? ({ reason: 'NotALonghornVolume', where: `is on ${driver}, which has no remote backups` } as const)
      : isLocal(backup)
        ? ({ reason: 'SnapshotTypeBackup', where: 'has a snapshot only on this cluster' } as const)
        : undefined;
  if (local !== undefined) {
    const message = `volume ${entry.volumeName} ${local.where}`;
    const skipped: Judged = { result: 'skip', reason: local.reason, message, object: own };
    const lost =
      withoutData(chain, volume, message) ?? brokenHere(chain, volume, nowMs) ?? notOnTarget(backup, entry, message);
    return linkNames.map((link) => ({ link, volume: entry.volumeName, ...(lost?.[0] === link ? lost[1] : skipped) }));
  }
  const target = judgeTargetOf(backup, chain.target);
  const facts = entry.longhornBackupName ? judgeBackup(entry.longhornBackupName, volume.longhorn) : undefined;
  const absence = volume.longhorn === undefined ? judgeAbsence(chain.target, volume.backupVolumes, backup) : undefined;
  const judged: Record<LinkName, Judged> = {
    vmbackup: judgeVMBackup(chain, volume, own, nowMs),
    snapshot: judgeSnapshot(backup, volume, nowMs),
    content: judgeContentLink(volume, facts, backup, absence, nowMs),
    backup: judgeBackupLink(volume, { facts, absence }, own, nowMs),
    backupvolume: judgeBackupVolumeLink(volume, facts, own),
    target: target === undefined ? pass('the target is reachable', targetRef) : targetFault(target, own),
  };
  return linkNames.map((link) => ({ link, volume: entry.volumeName, ...judged[link] }));
}

/** One link cannot be read; the others are not judged. */
function unreadableLinks({ volumeName }: VolumeEntry, { object, message, command }: UnreadableObject): Link[] {
  const at = linkOfKind[object.kind] ?? 'vmbackup';
  const rest = skip('it cannot be checked, because an object before it in the chain cannot be read', object);
  return linkNames.map((link) => ({
    ...{ link, volume: volumeName },
    ...(link === at ? fail('ObjectUnreadable', message, object, command) : rest),
  }));
}

const linkOfKind: Partial<Record<Ref['kind'], LinkName>> = {
  VolumeSnapshot: 'snapshot',
  VolumeSnapshotContent: 'content',
  Backup: 'backup',
  BackupVolume: 'backupvolume',
};

/**
 * The broken link of a volume that has no remote backup to recreate it from. A snapshot that was never seen to exist is
 * not lost and is reported separately.
 */
function withoutData(
  { backup, volumes }: Chain,
  { entry, snapshot, contentName, content }: ChainVolume,
  where: string,
): readonly [LinkName, Judged] | undefined {
  const { namespace } = backup.metadata;
  if (backup.status?.readyToUse !== true || !entry.name) return undefined;
  if (snapshot !== undefined && isDeleting(snapshot)) return undefined;
  const at =
    snapshot === undefined
      ? ref('VolumeSnapshot', entry.name, namespace)
      : content === undefined && contentName !== ''
        ? ref('VolumeSnapshotContent', contentName)
        : undefined;
  if (at === undefined) return undefined;
  const link = snapshot === undefined ? 'snapshot' : 'content';
  const absent = `${describeRef(at)} does not exist, and ${where}`;
  const seen =
    wasReady(backup) || volumes.some((volume) => volume.snapshot !== undefined || volume.unreadable !== undefined);
  if (!seen) {
    const message = `${absent}; nothing shows that it ever existed`;
    return [link, { result: 'skip', reason: 'SnapshotNeverSeen', message, object: at }];
  }
  return [link, fail('SnapshotLost', absent, at, listCommand('VolumeSnapshot', { namespace }))];
}

/** A remote VMBackup of which one volume is not on the target. */
function notOnTarget(backup: VMBackup, entry: VolumeEntry, where: string): readonly [LinkName, Judged] | undefined {
  if (isLocal(backup) || backup.status?.readyToUse !== true || entry.longhornBackupName) return undefined;
  const own = ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace);
  const message = `${where}: Harvester 1.5 and later refuse to restore ${describeRef(own)}, and no other cluster can restore it`;
  return ['vmbackup', fail('NoLonghornBackupName', message, own, showBackupNames(own))];
}

/** What is wrong with an existing snapshot that is only on this cluster. */
function brokenHere({ backup }: Chain, volume: ChainVolume, nowMs: number): readonly [LinkName, Judged] | undefined {
  if (backup.status?.readyToUse !== true || volume.snapshot === undefined) return undefined;
  const snapshot = judgeSnapshot(backup, volume, nowMs);
  if (snapshot.result === 'fail') return ['snapshot', snapshot];
  const content = volume.content && (misbound(volume, volume.content, backup) ?? unusable(volume.content));
  return content && ['content', content];
}

/** Harvester writes a time and a condition when a VMBackup becomes ready. Only that proves that all of it existed. */
const wasReady = ({ status }: Chain['backup']): boolean =>
  Boolean(status?.creationTime) ||
  (status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

function judgeVMBackup(chain: Chain, { entry, content, classMissing }: ChainVolume, own: Ref, nowMs: number): Judged {
  const readiness = judgeReadiness(chain, nowMs);
  if (readiness !== undefined) {
    const { reason, message, command } = readiness;
    return reason === 'VMBackupInProgress' ? wait(reason, message, own) : fail(reason, message, own, command);
  }
  const twin = chain.volumes.find(
    (other) =>
      other.entry !== entry &&
      (other.entry.volumeName === entry.volumeName || (entry.name && other.entry.name === entry.name)),
  );
  if (twin !== undefined && twin.entry.volumeName === entry.volumeName && twin.entry.name !== entry.name) {
    const names = [entry.name, twin.entry.name].sort().join(' and ');
    const message = `${describeRef(own)} has volume ${entry.volumeName} twice, with VolumeSnapshots ${names}`;
    return fail('AmbiguousOwner', message, own, getCommand(own));
  }
  if (twin !== undefined) {
    const both = [entry, twin.entry].map(({ volumeName }) => volumeName).sort();
    const message = `volumes ${both.join(' and ')} of ${describeRef(own)} both name VolumeSnapshot ${[...new Set([entry.name, twin.entry.name])].sort().join(' and ')}`;
    return fail('AmbiguousOwner', message, own, getCommand(own));
  }
  if (entry.longhornBackupName && classMissing !== undefined) {
    const at = ref('StorageClass', classMissing);
    const message = `volume ${entry.volumeName} was in ${describeRef(at)}, which does not exist: a restore would wait for it`;
    return fail('StorageClassMissing', message, at, listCommand('StorageClass'));
  }
  if (entry.longhornBackupName) return pass(`${describeRef(own)} is ready`, own);
  const handle = content?.status?.snapshotHandle ?? '';
  const local = handle.startsWith('snap://')
    ? `, and its content ${content?.metadata.name} names ${handle}, which exists only on this cluster`
    : '';
  const message = `volume ${entry.volumeName} does not record its Longhorn backup${local}`;
  return fail('NoLonghornBackupName', message, own, showBackupNames(own));
}

function judgeSnapshot(
  backup: VMBackup,
  { entry, snapshot, content, contentName, otherOwnerLives, snapshotClassMissing }: ChainVolume,
  nowMs: number,
): Judged {
  const { namespace, uid } = backup.metadata;
  const at = ref('VolumeSnapshot', entry.name ?? '?', namespace);
  if (!entry.name) return wait('VMBackupInProgress', `volume ${entry.volumeName} has no snapshot yet`, at);
  if (snapshot === undefined) {
    if (backup.status?.readyToUse !== true)
      return wait('VMBackupInProgress', `${describeRef(at)} does not exist yet`, at);
    const both = content === undefined ? `, and no VolumeSnapshotContent ${contentName} either` : '';
    return fail(
      'SnapshotMissing',
      `${describeRef(at)}, which volume ${entry.volumeName} uses, does not exist${both}`,
      at,
    );
  }
  const name = describeRef(at);
  if (isDeleting(snapshot)) {
    const held = hangs(snapshot, nowMs);
    if (held === undefined) return wait('SnapshotDeleting', `${name} is being deleted`, at);
    const armed = content?.spec.deletionPolicy === 'Delete';
    const message = `${name}, which volume ${entry.volumeName} uses, ${held}${armed ? `, and because its content ${contentName} is on Delete, the backup will be deleted too` : ''}`;
    return fail('SnapshotBeingDeleted', message, at, armed ? retainCommand(contentName) : getCommand(at));
  }
  const owners = (snapshot.metadata.ownerReferences ?? []).filter((o) => o.kind === 'VirtualMachineBackup');
  const owner = owners.find((o) => o.uid === uid);
  const [other] = owners;
  if (owner === undefined && other !== undefined) {
    const whose = `VirtualMachineBackup ${namespace}/${other.name}`;
    return otherOwnerLives === true
      ? fail('OwnedByAnother', `${name} belongs to ${whose} and is deleted with it`, at, getCommand(at))
      : fail(
          'OwnerGone',
          `the owner of ${name}, ${whose} with uid ${other.uid}, does not exist`,
          at,
          content && retainCommand(contentName),
        );
  }
  if (owner?.controller !== true) {
    const why =
      owner === undefined
        ? 'is not owned by its VMBackup: it stays behind when the VMBackup is deleted'
        : 'is not controlled by its VMBackup, so Harvester does not notice its changes';
    return fail('SnapshotUnowned', `${name} ${why}`, at, getCommand(at));
  }
  const { volumeSnapshotContentName: named } = snapshot.spec.source;
  const bound = snapshot.status?.boundVolumeSnapshotContentName;
  if (named && bound && bound !== named) {
    return fail('Misbound', `${name} names content ${named} but is bound to ${bound}`, at, getCommand(at));
  }
  if (content === undefined || snapshot.status?.readyToUse === true) return pass(`${name} exists`, at);
  if (snapshotClassMissing !== undefined) {
    const message = `${name} never becomes ready, because VolumeSnapshotClass ${snapshotClassMissing} does not exist`;
    return fail('SnapshotClassMissing', message, at, listCommand('VolumeSnapshotClass'));
  }
  const why = snapshotError(snapshot, content, nowMs);
  if (why !== undefined) return fail('SnapshotNotReady', `${name} is not ready: ${why}`, at, getCommand(at));
  const swapping = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
  return !swapping && isPastReadyDeadline(snapshot, nowMs) && isPastReadyDeadline(content, nowMs)
    ? fail(
        'SnapshotNotReady',
        `${name} has not been ready since ${snapshot.metadata.creationTimestamp}`,
        at,
        getCommand(at),
      )
    : wait('PairNotReady', `${name} is not ready yet`, at);
}

function judgeBackupLink(
  { entry, longhorn }: ChainVolume,
  {
    facts,
    absence,
  }: { readonly facts: BackupFacts | BackupTrouble | undefined; readonly absence: Absence | undefined },
  own: Ref,
  nowMs: number,
): Judged {
  const backup = entry.longhornBackupName;
  if (!backup || facts === undefined) return skip('the VMBackup does not record its backup', own);
  const at = ref('Backup', backup, names.LONGHORN_NAMESPACE);
  if (absence !== undefined) {
    const unknown = `${describeRef(at)} is unknown: ${absence.detail}`;
    return absence.reason === 'BackupNotSynced' ? wait(absence.reason, unknown, at) : skip(unknown, at);
  }
  const look = longhorn === undefined ? listTargets() : getCommand(at);
  if ('reason' in facts) {
    const stalled = longhorn && isStalled(longhorn, nowMs);
    if (stalled) {
      const { creationTimestamp } = longhorn.metadata;
      return fail('BackupStalled', `${facts.detail}, and it has existed since ${creationTimestamp}`, at, look);
    }
    if (facts.reason === 'BackupNotSynced') return wait(facts.reason, facts.detail, at);
    return fail(facts.reason, facts.detail, at, look);
  }
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  if (recorded && recorded !== facts.volume) {
    const detail = `${describeRef(at)} is of volume ${facts.volume}, but the VMBackup records ${recorded}`;
    // Handle, Backup and label come from Longhorn and agree; only the VMBackup's record differs.
    return fail('VolumeMismatch', detail, own, getCommand(at));
  }
  const on = targetOf(longhorn);
  if (on !== names.DEFAULT_TARGET) {
    const detail = `${describeRef(at)} is on target ${on}, but Harvester restores only from ${names.DEFAULT_TARGET}`;
    return fail('OtherTarget', detail, at, getCommand(at));
  }
  return pass(`${describeRef(at)} is complete`, at);
}

function judgeBackupVolumeLink(
  { longhorn, backupVolumes }: ChainVolume,
  facts: BackupFacts | BackupTrouble | undefined,
  own: Ref,
): Judged {
  if (facts === undefined || 'reason' in facts || longhorn === undefined) return skip('the backup is unknown', own);
  const trouble = judgeBackupVolumes(facts, longhorn, backupVolumes);
  const at = ref('BackupVolume', backupVolumes[0]?.metadata.name ?? facts.volume, names.LONGHORN_NAMESPACE);
  if (trouble === undefined) return pass(`volume ${facts.volume} has its BackupVolume`, at);
  return fail(trouble.reason, trouble.detail, at, listVolumes(facts.volume));
}

const targetFault = ({ reason, detail }: TargetTrouble, own: Ref): Judged =>
  fail(reason, detail, reason === 'OtherTarget' ? own : targetRef, commandForTarget(reason));
