import type { Ref } from '../domain/kinds.ts';
import { describeRef, ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import { parseHandle } from '../domain/handle.ts';
import * as names from '../domain/names.ts';
import type { Content, VMBackup, VolumeEntry } from '../objects/types.ts';
import type { BackupFacts, BackupTrouble } from './longhorn-backup.ts';
import { isDeleting } from './metadata.ts';
import { isPastReadyDeadline } from './waiting.ts';
import { isTakenLater } from './vmbackup.ts';
import { judgeContent } from './content.ts';
import { misboundPart } from './pair.ts';
import type { Judged } from './link.ts';
import { fail, pass, skip, wait } from './link.ts';
import type { ChainVolume } from './chain.ts';
import { differenceFrom, dynamicData } from './dynamic-content.ts';
import type { Absence } from './target.ts';

/** Judges whether the content of a volume is the right one, and usable. */
export function judgeContentLink(
  { entry, snapshot, content, contentName }: ChainVolume,
  facts: BackupFacts | BackupTrouble | undefined,
  backup: VMBackup,
  absence: Absence | undefined,
  nowMs: number,
): Judged {
  const at = ref('VolumeSnapshotContent', contentName || '?');
  const name = describeRef(at);
  if (snapshot !== undefined && isDeleting(snapshot)) return skip('it is deleted with its snapshot', at);
  if (content === undefined) {
    if (snapshot === undefined) return skip('without the snapshot, its content is unknown', at);
    if (contentName === '' || backup.status?.readyToUse !== true) {
      return wait('PairNotReady', `VolumeSnapshot ${entry.name} has no content yet`, at);
    }
    const swapping = snapshot.metadata.annotations?.[names.SWAP_ANNOTATION] !== undefined;
    const lost = snapshot.spec.source.volumeSnapshotContentName ? 'ContentMissing' : 'TakenContentMissing';
    return swapping
      ? wait('RepairUnderWay', `${name} is being recreated`, at)
      : fail(lost, `${name}, which volume ${entry.volumeName} uses, does not exist`, at);
  }
  const misboundLink = misbound({ entry, snapshot }, content, backup);
  if (misboundLink !== undefined) return misboundLink;
  if (isDeleting(content)) return wait('ContentDeleting', `${name} is being deleted`, at);
  if (content.spec.driver !== names.LONGHORN_DRIVER) {
    const message = `${name} is of driver ${content.spec.driver}, but the volume is of ${names.LONGHORN_DRIVER}: it cannot be restored`;
    return fail('DriverMismatch', message, at, getCommand(at));
  }
  const judged = judgeHandleOf(content, entry, facts, at, backup, absence);
  if (judged.result !== 'pass') return judged;
  const error = unusable(content);
  if (error !== undefined) return error;
  if (content.status?.readyToUse !== false) return judged;
  return isPastReadyDeadline(content, nowMs)
    ? fail(
        'ContentNotReady',
        `${name} has not been ready since ${content.metadata.creationTimestamp}`,
        at,
        getCommand(at),
      )
    : wait('PairNotReady', `${name} is not ready yet`, at);
}

/** The failed link of a content that belongs to another snapshot; `undefined` if it belongs to this one. */
export function misbound(
  { entry, snapshot }: Pick<ChainVolume, 'entry' | 'snapshot'>,
  content: Content,
  backup: VMBackup,
): Judged | undefined {
  const { name, namespace, uid } = content.spec.volumeSnapshotRef;
  const otherUid = uid && snapshot && uid !== snapshot.metadata.uid;
  if (name === entry.name && namespace === backup.metadata.namespace && !otherUid) return undefined;
  const at = ref('VolumeSnapshotContent', content.metadata.name);
  const whose = `${namespace}/${name}${otherUid ? ' with another uid' : ''}`;
  const part = misboundPart(backup.metadata.namespace, { name: entry.name ?? '?', snapshot }, content);
  return fail('Misbound', `${describeRef(at)} belongs to VolumeSnapshot ${whose}`, part, getCommand(at));
}

/** The failed link of a content whose status reports an error. */
export function unusable(content: Content): Judged | undefined {
  const error = content.status?.error?.message;
  if (!error) return undefined;
  const at = ref('VolumeSnapshotContent', content.metadata.name);
  return fail('ContentNotReady', `${describeRef(at)} is not usable: ${error}`, at, getCommand(at));
}

function judgeHandleOf(
  content: Content,
  entry: VolumeEntry,
  facts: BackupFacts | BackupTrouble | undefined,
  at: Ref,
  backup: VMBackup,
  absence: Absence | undefined,
): Judged {
  const reported = content.status?.snapshotHandle || undefined;
  const text = content.spec.source.snapshotHandle ?? reported;
  const name = describeRef(at);
  if (text === undefined) return wait('PairNotReady', `${name} has no handle yet`, at);
  const handle = parseHandle(text);
  const look = getCommand(at);
  if (handle.kind === 'unreadable')
    return fail('HandleUnreadable', `the handle "${text}" of ${name} has none of Longhorn’s forms`, at, look);
  const wanted = entry.longhornBackupName;
  if (!wanted) return skip('the VMBackup does not record the backup that it should name', at);
  if (handle.kind !== 'backup' || handle.backup !== wanted) {
    const message = `${name} has the handle ${text}, but the VMBackup records backup ${wanted}`;
    return fail(content.spec.source.volumeHandle ? 'ContentReplaced' : 'BackupMismatch', message, at, look);
  }
  if (facts === undefined || 'reason' in facts) {
    const recorded = entry.persistentVolumeClaim?.spec?.volumeName;
    const lost = facts?.reason === 'BackupMissing' && absence === undefined;
    if (!lost || !recorded || handle.volume === recorded || content.spec.source.volumeHandle)
      return skip(`${text} cannot be checked now`, at);
    // The Backup is lost and can no longer name its volume; the VMBackup still records it.
    // What the Backup was of it can no longer say; the VMBackup still does.
    return fail('HandleWrong', `${name} has the handle ${text}, but the VMBackup records volume ${recorded}`, at, look);
  }
  if (handle.volume !== facts.volume) {
    const message = `${name} has the handle ${text}, but the backup is of volume ${facts.volume}`;
    if (content.spec.source.volumeHandle) return fail('TakenHandleWrong', message, at, look);
    return fail('HandleWrong', message, at, `gleaner apply vsc/${at.name}`);
  }
  const judged = judgeContent(content);
  if ('reported' in judged) {
    const message = `${name} has the handle ${text}, but ${judged.reported} in its status, which restores use`;
    return fail('HandleWrong', message, at, `gleaner apply vsc/${at.name}`);
  }
  if (isTakenLater(backup, facts)) {
    const [taken, ready] = [facts.takenMs ?? NaN, Date.parse(backup.status?.creationTime ?? '')].map((ms) =>
      new Date(ms).toISOString(),
    );
    return fail('ContentReplaced', `${name} names data of ${taken}, but the VMBackup was ready at ${ready}`, at, look);
  }
  const taken = dynamicData(content);
  const differs = taken && differenceFrom(backup, entry, taken);
  if (differs !== undefined) return fail('ContentReplaced', `${name} was silently recreated: ${differs}`, at, look);
  return pass(`${text} is correct`, at, handle.scheme === 'bs' ? 'LegacyScheme' : 'LinkSound');
}
