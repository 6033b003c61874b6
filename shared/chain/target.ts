import { describeRef, ref } from '../domain/kinds.ts';
import { describeCommand, getCommand, listCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import { isAhead } from '../domain/times.ts';
import type { BackupTarget, BackupVolume, Setting, VMBackup } from '../objects/types.ts';
import type { SettingTarget } from '../objects/target.ts';
import { withoutUser } from '../objects/target.ts';
import type { Finding } from '../plan/plan.ts';
import type { Reason } from '../plan/reason.ts';
import { isDeleting } from './metadata.ts';
import { isLocal } from './vmbackup.ts';

/** The backup target that Harvester uses. */
export const targetRef = ref('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE);

/** Why backups on the target cannot be used now. */
export interface TargetTrouble {
  readonly reason: Extract<Reason, 'TargetNotConnected' | 'TargetUnavailable' | 'TargetNotSyncing' | 'OtherTarget'>;
  readonly detail: string;
}

/**
 * Whether Longhorn reaches the target. Returns `undefined` if so. Longhorn's error text is not repeated: it may quote
 * an address with keys.
 */
export function judgeTarget(target: BackupTarget | undefined): TargetTrouble | undefined {
  if (target === undefined || !target.spec?.backupTargetURL) {
    return { reason: 'TargetNotConnected', detail: 'no backup target is connected' };
  }
  const unavailable = target.status?.conditions?.some((c) => c.type === 'Unavailable' && c.status === 'True') === true;
  if (target.status?.available === true || (target.status?.available !== false && !unavailable)) return undefined;
  return { reason: 'TargetUnavailable', detail: 'Longhorn cannot reach the backup target' };
}

const MINUTE_MS = 60_000;
/** Longhorn lists a target with a few commands and stops each after a minute by default. */
const SYNC_LIMIT_MS = 10 * MINUTE_MS;
/** With a poll interval each poll requests a new sync, so the last request may be recent: the lag behind it decides. */
const POLLED_LIMIT_MS = 60 * MINUTE_MS;
const POLLED_YOUNG_MS = 2 * MINUTE_MS;

/**
 * Whether a requested sync of the target does not finish although Longhorn reports that it reaches the target. Backups
 * that were read before can still be restored.
 */
export function judgeSync(target: BackupTarget | undefined, nowMs: number): TargetTrouble | undefined {
  const { spec, status } = target ?? {};
  const asked = spec?.syncRequestedAt;
  if (!asked || !spec.backupTargetURL || !isBehind(asked, status?.lastSyncedAt)) return undefined;
  const ageMs = nowMs - Date.parse(asked);
  if (isAhead(asked, nowMs)) {
    const detail = `Longhorn was asked to sync the backup target at ${asked}, which is in the future: until then it keeps starting again`;
    return { reason: 'TargetNotSyncing', detail };
  }
  const behindMs = Date.parse(asked) - Date.parse(status?.lastSyncedAt ?? '');
  const polled = Number.parseInt(spec.pollInterval ?? '', 10) > 0;
  const late = ageMs > SYNC_LIMIT_MS || (polled && behindMs > POLLED_LIMIT_MS && ageMs > POLLED_YOUNG_MS);
  if (!late) return undefined;
  const last =
    behindMs > 0 && Date.parse(status?.lastSyncedAt ?? '') > 0 ? `; the last sync was at ${status?.lastSyncedAt}` : '';
  return {
    reason: 'TargetNotSyncing',
    detail: `Longhorn was asked to sync the backup target at ${asked} and has not finished${last}`,
  };
}

/** Whether the backups of this VMBackup are on the connected target. Harvester restores from no other. */
export function judgeTargetOf(backup: VMBackup, target: BackupTarget | undefined): TargetTrouble | undefined {
  const trouble = judgeTarget(target);
  if (trouble !== undefined) return trouble;
  const wanted = urlOf(backup);
  const connected = withoutSlash(target?.spec?.backupTargetURL ?? '');
  if (wanted === undefined || wanted === connected) return undefined;
  return { reason: 'OtherTarget', detail: `its backups are on ${wanted}, but ${connected} is connected` };
}

/** Why a missing Longhorn Backup proves nothing about its data. */
export interface Absence {
  readonly reason: TargetTrouble['reason'] | 'BackupNotSynced';
  readonly detail: string;
}

/**
 * Whether the absence of a Backup proves nothing: Longhorn forgets every Backup when it loses the target, and knows
 * none before it has listed the target. `undefined` if the Backup is really missing.
 * @param volumes the BackupVolumes of its volume, if that is known
 * @param backup the VMBackup that records it, if that is known
 */
export function judgeAbsence(
  target: BackupTarget | undefined,
  volumes: readonly BackupVolume[],
  backup?: VMBackup,
): Absence | undefined {
  const trouble = backup === undefined ? judgeTarget(target) : judgeTargetOf(backup, target);
  if (trouble !== undefined) return trouble;
  const { spec, status } = target as BackupTarget;
  const notSynced = (detail: string) => ({ reason: 'BackupNotSynced', detail }) as const;
  if (!status || isBehind(spec?.syncRequestedAt, status.lastSyncedAt))
    return notSynced(`Longhorn has not listed the target yet${since(spec?.syncRequestedAt)}`);
  const behind = volumes.find((v) => isBehind(v.spec?.syncRequestedAt, v.status?.lastSyncedAt));
  if (behind === undefined) return undefined;
  return notSynced(
    `Longhorn has not listed BackupVolume ${behind.metadata.name} yet${since(behind.spec?.syncRequestedAt)}`,
  );
}

/** Longhorn writes null, or the year 1, for "never". A missing field says nothing. */
function isBehind(asked: string | null | undefined, done: string | null | undefined): boolean {
  if (done === null || Date.parse(done ?? '') < 0) return true;
  return Boolean(asked) && !(Date.parse(done ?? '') >= Date.parse(asked ?? ''));
}

const since = (asked: string | null | undefined): string => (asked ? ` (requested at ${asked})` : '');

/**
 * Whether Harvester's Setting names the target that Longhorn is connected to. Returns `undefined` if so, and if
 * Longhorn is connected to none. Harvester restores nothing without the Setting.
 */
export function judgeSetting(setting: Setting | undefined, target: BackupTarget | undefined): string | undefined {
  const connected = withoutSlash(target?.spec?.backupTargetURL ?? '');
  if (connected === '') return undefined;
  if (setting === undefined)
    return `the setting ${names.TARGET_SETTING} does not exist, but Longhorn is connected to ${connected}`;
  const wanted = setting.target;
  if (wanted === undefined) return undefined;
  if (wanted.is !== 'target')
    return wanted.is === 'none' ? `the setting names no target, but Longhorn is connected to ${connected}` : undefined;
  const url = urlIn(wanted);
  if (wanted.type === 'other' || url === connected) return undefined;
  return `the setting names ${url}, but Longhorn is connected to ${connected}`;
}

/**
 * Why Harvester treats the target of a VMBackup as another one although Longhorn is connected to where its backups are.
 * Longhorn compares only bucket and region; Harvester compares the addresses letter by letter and restores from no
 * other. `undefined` if they match, and for another bucket or share, which {@link judgeTargetOf} reports.
 */
export function judgeAddress(backup: VMBackup, setting: Setting | undefined): string | undefined {
  const [now, then] = [setting?.target, targetIn(backup)];
  if (now?.is !== 'target' || now.type === 'other' || isLocal(backup) || isDeleting(backup)) return undefined;
  if (then === undefined)
    return backup.status?.readyToUse === true
      ? 'it records no target, which Harvester treats as another target'
      : undefined;
  const address = then.endpoint ?? '';
  if (address === now.endpoint) return undefined;
  const isSame =
    now.type === 's3'
      ? then.bucketName === now.bucketName && (then.bucketRegion ?? '') === now.bucketRegion
      : !then.bucketName && nfsUrl(address) === nfsUrl(now.endpoint);
  if (!isSame) return undefined;
  const at = (one: string) => (one === '' ? 'no address' : one);
  return `its target was at ${at(address)}, but the setting names ${at(now.endpoint)}, which Harvester treats as another target`;
}

/**
 * Why Harvester refuses a restore because of its Setting, whatever Longhorn is connected to; `undefined` if it does
 * not. Harvester reads the Setting when a restore is created and compares the VMBackup's target with it field by field.
 */
export function judgeAdmission(backup: VMBackup, setting: Setting | undefined): string | undefined {
  const now = setting?.target;
  if (now === undefined)
    return `the setting ${names.TARGET_SETTING} does not exist, and without it Harvester restores nothing`;
  if (now.is !== 'target')
    return now.is === 'none'
      ? `the setting ${names.TARGET_SETTING} names no target`
      : `Harvester cannot parse the value of setting ${names.TARGET_SETTING}`;
  const [wanted, named] = [urlOf(backup), urlIn(now)];
  return wanted === undefined || wanted === named
    ? judgeAddress(backup, setting)
    : `its backups are on ${wanted}, but the setting ${names.TARGET_SETTING} names ${named}`;
}

/** The finding for what {@link judgeAddress} reports of a VMBackup. */
export function addressFinding({ metadata: { name, namespace } }: VMBackup, otherAddress: string): Finding {
  const subject = ref('VirtualMachineBackup', name, namespace);
  const message = `${describeRef(subject)} cannot be restored: ${otherAddress}`;
  const command = getCommand(subject, 'jsonpath={.status.backupTarget}');
  return { subject, reason: 'OtherAddress', message, command, actions: [] };
}

type Recorded = NonNullable<NonNullable<VMBackup['status']>['backupTarget']>;

/** Old releases recorded the target in annotations, and newer ones still read them. */
function targetIn({ status, metadata: { annotations } }: VMBackup): Recorded | undefined {
  const legacy = (name: string) => annotations?.[`backup.harvesterhci.io/${name}`];
  const recorded = status?.backupTarget ?? {
    endpoint: withoutUser(legacy('backup-target') ?? ''),
    bucketName: legacy('bucket-name'),
    bucketRegion: legacy('bucket-region'),
  };
  return recorded.endpoint || recorded.bucketName || recorded.bucketRegion ? recorded : undefined;
}

const urlIn = ({ type, endpoint, bucketName, bucketRegion }: Extract<SettingTarget, { is: 'target' }>): string =>
  type === 's3' || bucketName ? `s3://${bucketName}@${bucketRegion}` : nfsUrl(endpoint);

/** The URL that Harvester derives from the Setting's fields; `undefined` if the VMBackup records none. */
function urlOf(backup: VMBackup): string | undefined {
  const { endpoint, bucketName, bucketRegion } = targetIn(backup) ?? {};
  if (bucketName) return `s3://${bucketName}@${bucketRegion ?? ''}`;
  return endpoint ? nfsUrl(endpoint) : undefined;
}

/** The command that shows the BackupVolumes of a Longhorn volume. */
export const listVolumes = (volume: string): string =>
  listCommand('BackupVolume', {
    namespace: names.LONGHORN_NAMESPACE,
    labels: { [names.BACKUP_VOLUME_LABEL]: volume },
  });

const nfsUrl = (endpoint: string): string => withoutSlash(`nfs://${endpoint.replace(/^nfs:\/\//, '')}`);
const withoutSlash = (url: string): string => (url.endsWith('/') ? url.replace(/\/+$/, '') : url);

/** The command that lists Longhorn's backup targets. */
export const listTargets = (): string => listCommand('BackupTarget', { namespace: names.LONGHORN_NAMESPACE });

/** The command for a problem of the target. Its error text is shown by the object, never by Gleaner. */
export const commandForTarget = (reason: TargetTrouble['reason']): string =>
  reason === 'TargetUnavailable' || reason === 'TargetNotSyncing' ? describeCommand(targetRef) : listTargets();
