import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { getCommand, showFinalizersCommand } from '../../shared/domain/kubectl.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { isLocal } from '../../shared/chain/vmbackup.ts';
import type { Orphan } from '../../shared/chain/orphans.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import { degradedBy, lacksMetadata } from '../../shared/chain/readiness.ts';
import { judgeListed, LOCAL_DOUBTS, RESTORE_DOUBTS } from '../../shared/survey/soundness.ts';
import type { SurveyedVMBackup, SurveyItem } from '../../shared/survey-item.ts';
import { judgeTargetOf, targetRef } from '../../shared/chain/target.ts';
import type { Routed, Healthy } from '../../shared/function.ts';
import type { VolumeEntry } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { formatBytes } from '../../shared/domain/bytes.ts';

/**
 * Selects from the lists alone the objects whose chain needs a closer look, and reports orphans at once.
 * `brief`: counts the intact ones.
 */
export function triage(item: SurveyItem, brief = false): Routed | Healthy {
  switch (item.what) {
    case 'vmbackup':
      return surveyBackup(item, brief);
    case 'restore':
      return { subjects: [ref('VirtualMachineRestore', item.restore.metadata.name, item.restore.metadata.namespace)] };
    case 'targetTrouble':
      return { subjects: [targetRef] };
    case 'hanging': {
      const { object, snapshot, why } = item;
      const message = `${describeRef(object)} ${why}`;
      const finding = {
        subject: object,
        reason: 'DeletionHangs',
        message,
        command: showFinalizersCommand(object),
      } as const;
      return { findings: [{ ...finding, ...(snapshot !== undefined && { facts: { snapshot } }), actions: [] }] };
    }
    case 'unreadable': {
      const message = `${describeRef(item.object)} does not match the schema of its kind: ${item.issue}`;
      return {
        findings: [
          { subject: item.object, reason: 'ObjectUnreadable', message, command: getCommand(item.object), actions: [] },
        ],
      };
    }
    case 'orphan':
      return { findings: [orphanFinding(item.orphan)] };
    case 'drill':
      return item.trace.overdue ? { findings: [leftover(item.object, item.trace.vmBackup)] } : { subjects: [] };
    default:
      return { subjects: [] };
  }
}

function surveyBackup(item: SurveyedVMBackup, brief: boolean): Routed | Healthy {
  const { backup, chain } = item;
  const entries = entriesOf(backup);
  const doubts = (entry: VolumeEntry) => judgeListed(backup, entry, item.pairOf(entry.name ?? ''), chain);
  const sound =
    chain !== undefined &&
    entries.length > 0 &&
    (entries.length === 1 || haveNoTwins(entries)) &&
    backup.status?.source !== undefined &&
    !isDeleting(backup) &&
    backup.status?.readyToUse === true &&
    !backup.status.error?.message &&
    degradedBy(backup) === undefined &&
    !lacksMetadata(backup) &&
    !chain.accused(backup.metadata.uid) &&
    (isLocal(backup)
      ? entries.every((entry) => !entry.longhornBackupName && (doubts(entry) & LOCAL_DOUBTS) === 0)
      : judgeTargetOf(backup, chain.target) === undefined &&
        entries.every((entry) => (doubts(entry) & RESTORE_DOUBTS) === 0));
  if (sound && brief)
    return isLocal(backup)
      ? { healthy: 'SnapshotTypeBackup', count: 1 }
      : { healthy: 'BackupVerified', count: entries.length };
  const subject = ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace);
  if (!sound) return { subjects: [subject] };
  return { findings: isLocal(backup) ? [local(subject)] : entries.map((entry) => verified(subject, entry)) };
}

const haveNoTwins = (entries: readonly VolumeEntry[]): boolean =>
  new Set(entries.map(({ name }) => name)).size === entries.length &&
  new Set(entries.map(({ volumeName }) => volumeName)).size === entries.length;

const verified = (subject: Finding['subject'], { name, volumeName, longhornBackupName }: VolumeEntry): Finding => ({
  subject,
  volume: volumeName,
  reason: 'BackupVerified',
  message: `volume ${volumeName} can be restored: every link to the target is intact`,
  facts: {
    vmbackup: `${subject.namespace}/${subject.name}`,
    ...(name && { snapshot: `${subject.namespace}/${name}` }),
    ...(longhornBackupName && { backup: longhornBackupName }),
  },
  actions: [],
});

const local = (subject: Ref): Finding => ({
  subject,
  reason: 'SnapshotTypeBackup',
  message: `${describeRef(subject)} is of type snapshot`,
  actions: [],
});

const leftover = (object: Ref, vmBackup: string): Finding => ({
  subject: object,
  reason: 'DrillLeftover',
  message: `${describeRef(object)} is left over from a restore drill of ${vmBackup || 'a VMBackup'} that should be over`,
  command: 'gleaner drill --clean',
  actions: [],
});

const claims: Readonly<Record<Orphan['reason'], string>> = {
  OrphanBackup: 'is not claimed by any VMBackup, snapshot or content here',
  OrphanSnapshot: 'has no owner',
  OrphanContent: 'is left over',
  SnapshotNotThere: 'waits for its snapshot',
  ForeignBackup: 'does not belong to a VMBackup',
  BackupStalled: 'is not finished',
};

function orphanFinding({ object, reason, detail, backup, bytes, snapshot }: Orphan): Finding {
  const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
  return {
    subject: object,
    reason,
    message: `${describeRef(object)}${size} ${claims[reason]}: ${detail}`,
    command: getCommand(object),
    facts: {
      ...(snapshot !== undefined && { snapshot }),
      ...(backup !== undefined && { backup }),
      ...(bytes !== undefined && { bytes: String(bytes) }),
    },
    actions: [],
  };
}
