import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { BackupTarget, Setting, VMBackup } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';

/** The target Harvester uses, as far as backups depend on it. */
export const targetRef = ref('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE);

export interface TargetTrouble {
  readonly reason: Extract<Reason, 'TargetNotConnected' | 'TargetUnavailable' | 'OtherTarget'>;
  readonly detail: string;
}

/** Whether anything can be asked of the target. Its own error text is not repeated: it may quote an address with keys. */
export function judgeTarget(target: BackupTarget | undefined): TargetTrouble | undefined {
  if (target === undefined || !target.spec?.backupTargetURL) {
    return { reason: 'TargetNotConnected', detail: 'no backup target is connected' };
  }
  const unavailable = target.status?.conditions?.some((c) => c.type === 'Unavailable' && c.status === 'True') === true;
  if (target.status?.available === true || (target.status?.available !== false && !unavailable)) return undefined;
  return { reason: 'TargetUnavailable', detail: 'Longhorn cannot reach the backup target' };
}

/** Whether the backups of this VMBackup are on the target that is connected now; Harvester restores from no other. */
export function judgeTargetOf(backup: VMBackup, target: BackupTarget | undefined): TargetTrouble | undefined {
  const trouble = judgeTarget(target);
  if (trouble !== undefined) return trouble;
  const wanted = urlOf(backup);
  const connected = withoutSlash(target?.spec?.backupTargetURL ?? '');
  if (wanted === undefined || wanted === connected) return undefined;
  return { reason: 'OtherTarget', detail: `its backups are on ${wanted}, and ${connected} is connected` };
}

/** Harvester gives Longhorn the target of its Setting; undefined where it has. */
export function judgeSetting(setting: Setting | undefined, target: BackupTarget | undefined): string | undefined {
  const wanted = setting?.target;
  const connected = withoutSlash(target?.spec?.backupTargetURL ?? '');
  if (wanted === undefined || connected === '') return undefined;
  if (wanted.is !== 'target')
    return wanted.is === 'none' ? `the setting names no target, and Longhorn is connected to ${connected}` : undefined;
  const url =
    wanted.type === 's3'
      ? `s3://${wanted.bucketName}@${wanted.bucketRegion}`
      : withoutSlash(`nfs://${wanted.endpoint.replace(/^nfs:\/\//, '')}`);
  if (wanted.type === 'other' || url === connected) return undefined;
  return `the setting names ${url}, and Longhorn is connected to ${connected}`;
}

/** As Harvester makes it from the fields of the Setting; undefined where a VMBackup does not say. */
function urlOf(backup: VMBackup): string | undefined {
  const { endpoint, bucketName, bucketRegion } = backup.status?.backupTarget ?? {};
  if (bucketName) return `s3://${bucketName}@${bucketRegion ?? ''}`;
  return endpoint ? withoutSlash(`nfs://${endpoint.replace(/^nfs:\/\//, '')}`) : undefined;
}

const withoutSlash = (url: string): string => (url.endsWith('/') ? url.replace(/\/+$/, '') : url);
