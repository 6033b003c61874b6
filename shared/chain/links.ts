import type { Ref } from '../domain/kinds.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Backup, BackupTarget, BackupVolume, Content, Snapshot, VMBackup, VolumeEntry } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import type { BackupFacts, BackupTrouble } from './judge.ts';
import { isDeleting, isOwnedBy, isTakenLater, judgeBackup, judgeBackupVolumes } from './judge.ts';
import { judgeReadiness } from './readiness.ts';
import type { TargetTrouble } from './target.ts';
import { judgeTargetOf, targetRef } from './target.ts';

/** From a VMBackup's volume to the data: each link can be broken by itself. */
export const linkNames = ['vmbackup', 'snapshot', 'content', 'backup', 'backupvolume', 'target'] as const;
export type LinkName = (typeof linkNames)[number];

/** What is thought of one link of one volume. */
export interface Link {
  readonly link: LinkName;
  /** Name of the volume in the VM. */
  readonly volume: string;
  /** `wait`: not yet; `skip`: cannot be told, since another link is broken, or does not apply. */
  readonly result: 'pass' | 'fail' | 'wait' | 'skip';
  readonly reason: Reason;
  readonly message: string;
  /** The object at fault, or the one that is right. */
  readonly object: Ref;
  /** The command that helps or shows more. */
  readonly command?: string | undefined;
}

/** A VMBackup and all that its restore depends on. */
export interface Chain {
  readonly backup: VMBackup;
  readonly target: BackupTarget | undefined;
  readonly volumes: readonly ChainVolume[];
}

export interface ChainVolume {
  readonly entry: VolumeEntry;
  readonly snapshot: Snapshot | undefined;
  /** The content the snapshot uses, or the one it would use. */
  readonly contentName: string;
  readonly content: Content | undefined;
  readonly longhorn: Backup | undefined;
  readonly backupVolumes: readonly BackupVolume[];
}

type Judged = Omit<Link, 'link' | 'volume'>;

/** Judges every link of every volume. Pure. */
export function judgeChain(chain: Chain, nowMs: number): Link[] {
  return chain.volumes.flatMap((volume) => judgeVolume(chain, volume, nowMs));
}

function judgeVolume(chain: Chain, volume: ChainVolume, nowMs: number): Link[] {
  const { backup } = chain;
  const { entry } = volume;
  const own = ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace);
  const driver = entry.csiDriverName ?? names.LONGHORN_DRIVER;
  if (driver !== names.LONGHORN_DRIVER) {
    const message = `volume ${entry.volumeName} is on ${driver}, of which there are no remote backups`;
    const skipped: Judged = { result: 'skip', reason: 'NotALonghornVolume', message, object: own };
    return linkNames.map((link) => ({ link, volume: entry.volumeName, ...skipped }));
  }
  const target = judgeTargetOf(backup, chain.target);
  const facts = entry.longhornBackupName ? judgeBackup(entry.longhornBackupName, volume.longhorn) : undefined;
  const judged: Record<LinkName, Judged> = {
    vmbackup: judgeVMBackup(chain, volume, own, nowMs),
    snapshot: judgeSnapshot(backup, volume),
    content: judgeContentLink(volume, facts, backup),
    backup: judgeBackupLink(volume, facts, target, own),
    backupvolume: judgeBackupVolumeLink(volume, facts, own),
    target: target === undefined ? pass('the target is reachable', targetRef) : targetFault(target, own),
  };
  return linkNames.map((link) => ({ link, volume: entry.volumeName, ...judged[link] }));
}

const pass = (message: string, object: Ref, reason: Reason = 'LinkSound'): Judged => ({
  result: 'pass',
  reason,
  message,
  object,
});
const skip = (message: string, object: Ref): Judged => ({ result: 'skip', reason: 'NotVerifiable', message, object });
const fail = (reason: Reason, message: string, object: Ref, command?: string): Judged => ({
  result: 'fail',
  reason,
  message,
  object,
  command,
});
const wait = (reason: Reason, message: string, object: Ref): Judged => ({ result: 'wait', reason, message, object });

function judgeVMBackup(chain: Chain, { entry }: ChainVolume, own: Ref, nowMs: number): Judged {
  const readiness = judgeReadiness(chain, nowMs);
  if (readiness !== undefined) {
    const { reason, message, command } = readiness;
    return reason === 'VMBackupInProgress' ? wait(reason, message, own) : fail(reason, message, own, command);
  }
  if (entry.longhornBackupName) return pass(`${describeRef(own)} is ready`, own);
  return fail('NoLonghornBackupName', `volume ${entry.volumeName} does not record its Longhorn backup`, own);
}

function judgeSnapshot(backup: VMBackup, { entry, snapshot, content, contentName }: ChainVolume): Judged {
  const { namespace, uid } = backup.metadata;
  const at = ref('VolumeSnapshot', entry.name ?? '?', namespace);
  if (!entry.name) return wait('VMBackupInProgress', `volume ${entry.volumeName} has no snapshot yet`, at);
  if (snapshot === undefined) {
    if (backup.status?.readyToUse !== true)
      return wait('VMBackupInProgress', `${describeRef(at)} is not there yet`, at);
    const both = content === undefined ? `, and no VolumeSnapshotContent ${contentName} either` : '';
    return fail(
      'SnapshotMissing',
      `${describeRef(at)}, which volume ${entry.volumeName} uses, does not exist${both}`,
      at,
    );
  }
  if (isDeleting(snapshot)) return { ...wait('SnapshotDeleting', `${describeRef(at)} is being deleted`, at) };
  const show = `kubectl get volumesnapshot ${at.name} -n ${namespace} -o yaml`;
  if (!isOwnedBy(snapshot, uid)) {
    const stale = snapshot.metadata.ownerReferences?.some((o) => o.kind === 'VirtualMachineBackup') === true;
    return stale
      ? fail('OwnerGone', `the owner of ${describeRef(at)} is a VMBackup that no longer exists`, at, show)
      : fail(
          'SnapshotUnowned',
          `${describeRef(at)} does not belong to its VMBackup: it stays behind when that goes`,
          at,
          show,
        );
  }
  if (content === undefined || snapshot.status?.readyToUse === true) return pass(`${describeRef(at)} is there`, at);
  const why = snapshot.status?.error?.message;
  return why
    ? fail('SnapshotNotReady', `${describeRef(at)} is not ready: ${why}`, at, show)
    : wait('PairNotReady', `${describeRef(at)} is not ready yet`, at);
}

function judgeContentLink(
  { entry, snapshot, content, contentName }: ChainVolume,
  facts: BackupFacts | BackupTrouble | undefined,
  backup: VMBackup,
): Judged {
  const at = ref('VolumeSnapshotContent', contentName || '?');
  const name = describeRef(at);
  if (snapshot !== undefined && isDeleting(snapshot)) return skip('it goes with its snapshot', at);
  if (content === undefined) {
    if (snapshot === undefined) return skip('without its snapshot it is not known which content it had', at);
    if (contentName === '' || backup.status?.readyToUse !== true) {
      return wait('PairNotReady', `VolumeSnapshot ${entry.name} has no content yet`, at);
    }
    const swapping = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
    return swapping
      ? wait('RepairUnderWay', `${name} is being created anew`, at)
      : fail('ContentMissing', `${name}, which volume ${entry.volumeName} uses, does not exist`, at);
  }
  const { volumeSnapshotRef } = content.spec;
  const misnamed = volumeSnapshotRef.name !== entry.name || volumeSnapshotRef.namespace !== backup.metadata.namespace;
  const otherUid = volumeSnapshotRef.uid && snapshot && volumeSnapshotRef.uid !== snapshot.metadata.uid;
  if (misnamed || otherUid) {
    const whose = `${volumeSnapshotRef.namespace}/${volumeSnapshotRef.name}${otherUid ? ' of another uid' : ''}`;
    return fail('Misbound', `${name} belongs to VolumeSnapshot ${whose}`, at);
  }
  if (isDeleting(content)) return wait('ContentDeleting', `${name} is being deleted`, at);
  return judgeHandleOf(content, entry, facts, at, backup);
}

function judgeHandleOf(
  content: Content,
  entry: VolumeEntry,
  facts: BackupFacts | BackupTrouble | undefined,
  at: Ref,
  backup: VMBackup,
): Judged {
  const text = content.spec.source.snapshotHandle ?? content.status?.snapshotHandle;
  const name = describeRef(at);
  if (!text) return wait('PairNotReady', `${name} has no handle yet`, at);
  const handle = parseHandle(text);
  const show = `kubectl get volumesnapshotcontent ${at.name} -o yaml`;
  if (handle.kind === 'unreadable')
    return fail('HandleUnreadable', `the handle "${text}" of ${name} is none`, at, show);
  const wanted = entry.longhornBackupName;
  if (!wanted) return skip('the VMBackup does not say which backup it should name', at);
  if (handle.kind !== 'backup' || handle.backup !== wanted) {
    const says = `${name} has the handle ${text}, and the VMBackup records backup ${wanted}`;
    return fail(content.spec.source.volumeHandle ? 'ContentReplaced' : 'BackupMismatch', says, at, show);
  }
  if (facts === undefined || 'reason' in facts) return skip(`whether ${text} is right cannot be told now`, at);
  if (handle.volume !== facts.volume) {
    const cure = `gleaner apply vsc/${at.name}`;
    return fail('HandleWrong', `${name} has the handle ${text}, and the backup is of volume ${facts.volume}`, at, cure);
  }
  if (isTakenLater(backup, facts)) {
    const [taken, ready] = [facts.takenMs ?? NaN, Date.parse(backup.status?.creationTime ?? '')].map((ms) =>
      new Date(ms).toISOString(),
    );
    return fail('ContentReplaced', `${name} names data of ${taken}, and the VMBackup was ready at ${ready}`, at, show);
  }
  return pass(`${text} is right`, at, handle.scheme === 'bs' ? 'LegacyScheme' : 'LinkSound');
}

const showLonghorn = (resource: string, name: string): string =>
  `kubectl get ${resource}.longhorn.io ${name} -n ${names.LONGHORN_NAMESPACE} -o yaml`;

function judgeBackupLink(
  { entry, longhorn }: ChainVolume,
  facts: BackupFacts | BackupTrouble | undefined,
  target: TargetTrouble | undefined,
  own: Ref,
): Judged {
  const backup = entry.longhornBackupName;
  if (!backup || facts === undefined) return skip('the VMBackup does not say which backup it is', own);
  const at = ref('Backup', backup, names.LONGHORN_NAMESPACE);
  // Without its target Longhorn forgets every Backup: that says nothing of the data.
  if (longhorn === undefined && target !== undefined)
    return skip(`${describeRef(at)} is not known: ${target.detail}`, at);
  if ('reason' in facts) {
    if (facts.reason === 'BackupNotSynced') return wait(facts.reason, facts.detail, at);
    return fail(facts.reason, facts.detail, at, longhorn && showLonghorn('backups', backup));
  }
  const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
  if (recorded && recorded !== facts.volume) {
    const detail = `${describeRef(at)} is of volume ${facts.volume}, and the VMBackup records ${recorded}`;
    return fail('VolumeMismatch', detail, at, showLonghorn('backups', backup));
  }
  return pass(`${describeRef(at)} is complete`, at);
}

function judgeBackupVolumeLink(
  { longhorn, backupVolumes }: ChainVolume,
  facts: BackupFacts | BackupTrouble | undefined,
  own: Ref,
): Judged {
  if (facts === undefined || 'reason' in facts || longhorn === undefined) return skip('the backup is not known', own);
  const trouble = judgeBackupVolumes(facts, longhorn, backupVolumes);
  const at = ref('BackupVolume', backupVolumes[0]?.metadata.name ?? facts.volume, names.LONGHORN_NAMESPACE);
  if (trouble === undefined) return pass(`volume ${facts.volume} has its BackupVolume`, at);
  const list = `kubectl get backupvolumes.longhorn.io -n ${names.LONGHORN_NAMESPACE} -l ${names.BACKUP_VOLUME_LABEL}=${facts.volume}`;
  return fail(trouble.reason, trouble.detail, at, list);
}

const targetFault = ({ reason, detail }: TargetTrouble, own: Ref): Judged =>
  fail(reason, detail, reason === 'OtherTarget' ? own : targetRef, commandForTarget(reason));

/** The target's own error is shown by its object, not by Gleaner. */
export const commandForTarget = (reason: TargetTrouble['reason']): string =>
  reason === 'TargetUnavailable'
    ? `kubectl describe backuptargets.longhorn.io ${names.DEFAULT_TARGET} -n ${names.LONGHORN_NAMESPACE}`
    : `kubectl get backuptargets.longhorn.io -n ${names.LONGHORN_NAMESPACE}`;
