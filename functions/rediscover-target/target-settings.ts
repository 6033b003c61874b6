import { ref } from '../../shared/domain/kinds.ts';
import { editCommand, getCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import { targetRef } from '../../shared/chain/target.ts';
import type { Setting } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';

const subject = ref('Setting', names.TARGET_SETTING);

/** The command that shows the setting without its value, which may hold keys. */
const conditions = getCommand(subject, 'jsonpath={.status.conditions}');

const edit = editCommand(subject);

/** Why there is no target to scan, from the setting alone; undefined if there is one. */
export function withoutTarget(setting: Setting | undefined): Finding | undefined {
  const findingOf = (reason: Reason, message: string, command?: string): Finding => ({
    subject,
    reason,
    message,
    ...(command !== undefined && { command }),
    actions: [],
  });
  const target = setting?.target;
  if (setting === undefined || target === undefined || target.is === 'none')
    return findingOf('TargetNotConfigured', 'Harvester has no backup target');
  if (target.is === 'unreadable')
    return findingOf(
      'TargetUnreadable',
      `the value of setting ${names.TARGET_SETTING} is not JSON that Harvester can parse, or one of its fields has the wrong type`,
      edit,
    );
  if (target.is === 'target' && target.type === 'other')
    return findingOf(
      'TargetUnreadable',
      `setting ${names.TARGET_SETTING} is not empty, but names no type that Harvester knows (s3 or nfs)`,
      edit,
    );
  const applied = setting.status?.conditions?.find(({ type }) => type === 'configured');
  if (applied !== undefined && applied.status !== 'True')
    return findingOf('TargetNotApplied', `${describeTarget(setting)} was not applied by Harvester`, conditions);
  return undefined;
}

/** Harvester and Longhorn have different targets, so a scan would not find Longhorn's backups. */
export const targetDiffers = (differs: string): Finding => ({
  subject,
  reason: 'TargetDiffers',
  message: differs,
  command: getCommand(targetRef, 'jsonpath={.spec.backupTargetURL}'),
  actions: [],
});

/** All backups are claimed; reports if rescans are disabled, because a lost backup would then go unnoticed. */
export function targetIdle(setting: Setting): Finding {
  const never = rescanDisabled(setting);
  return (
    never ?? {
      subject,
      reason: 'TargetDiscovered',
      message: `every backup that Longhorn knows on ${describeTarget(setting)} belongs to a VMBackup`,
      actions: [],
    }
  );
}

export const intervalOf = ({ target }: Setting): number =>
  target?.is === 'target' ? target.refreshIntervalInSeconds : 0;

export function rescanDisabled(setting: Setting): Finding | undefined {
  if (intervalOf(setting) > 0) return undefined;
  return {
    subject,
    reason: 'NeverRescans',
    message: `refreshIntervalInSeconds of ${describeTarget(setting)} is 0: Harvester does not rescan it by itself`,
    actions: [],
  };
}

/** Description of the target: its address, never its credentials. */
export function describeTarget({ target }: Setting): string {
  if (target?.is !== 'target') return 'the backup target';
  const { type, endpoint, bucketName, bucketRegion } = target;
  const where =
    type === 's3' ? `${bucketName}${bucketRegion && ` in ${bucketRegion}`}${endpoint && ` at ${endpoint}`}` : endpoint;
  return `the ${type} target ${where}`;
}
