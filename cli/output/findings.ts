import { colourOf } from './colour.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeAction } from '../../shared/plan/action.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { verdictOf } from '../../shared/plan/plan.ts';
import { isSelectable } from '../selection/selection.ts';
import type { Column } from './table.ts';

/** A finding and the name of the function that reports it. */
export interface Found {
  readonly function: string;
  readonly finding: Finding;
}

const shortKinds: Readonly<Record<Ref['kind'], string>> = {
  VirtualMachineBackup: 'vmbackup',
  VirtualMachineRestore: 'vmrestore',
  VolumeRemoteBackup: 'volumeremotebackup',
  VolumeSnapshot: 'vs',
  VolumeSnapshotContent: 'vsc',
  VolumeSnapshotClass: 'vsclass',
  Backup: 'backup.longhorn.io',
  BackupVolume: 'backupvolume.longhorn.io',
  BackupTarget: 'backuptarget.longhorn.io',
  BackingImage: 'backingimage.longhorn.io',
  BackupBackingImage: 'backupbackingimage.longhorn.io',
  Volume: 'volume.longhorn.io',
  Engine: 'engine.longhorn.io',
  PersistentVolumeClaim: 'pvc',
  PersistentVolume: 'pv',
  Pod: 'pod',
  ConfigMap: 'cm',
  Deployment: 'deployment',
  Lease: 'lease',
  Namespace: 'namespace',
  LimitRange: 'limitrange',
  ResourceQuota: 'quota',
  StorageClass: 'sc',
  CSIDriver: 'csidriver',
  VirtualMachine: 'vm',
  NetworkAttachmentDefinition: 'network-attachment-definition.k8s.cni.cncf.io',
  VirtualMachineInstance: 'vmi',
  VirtualMachineImage: 'virtualmachineimage',
  ScheduleVMBackup: 'svmbackup',
  Setting: 'setting.harvesterhci.io',
  Event: 'event.events.k8s.io',
  PolicyReport: 'policyreport',
  Report: 'report.openreports.io',
  ClusterPolicyReport: 'clusterpolicyreport',
  ClusterReport: 'clusterreport.openreports.io',
  CronJob: 'cronjob',
  PingSource: 'pingsource',
};

/** The command that helps: the finding's own, else the `gleaner apply` that takes its steps. */
export function commandOf({ function: by, finding }: Found): string | undefined {
  const { subject, command, actions } = finding;
  if (command !== undefined || actions.length === 0) return command;
  if (!isSelectable(subject.kind)) return `gleaner apply --function ${by}`;
  return `gleaner apply ${shortName(subject)}${subject.namespace === undefined ? '' : ` -n ${subject.namespace}`}`;
}

/** The name as kubectl accepts it: `vmbackup/web`. */
export const shortName = (subject: Ref): string => `${shortKinds[subject.kind]}/${subject.name}`;

/** The name as kubectl prints it with `-o name`. */
export function fullName({ kind, name }: Ref): string {
  const { group } = kinds[kind];
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${name}`;
}

/** The namespace of the object, or of a content's snapshot. */
const shownNamespace = ({ subject, facts }: Finding): string =>
  subject.namespace ?? facts?.['snapshot']?.split('/')[0] ?? '';

const column = (title: string, value: (found: Found) => string): Column<Found> => ({ title, value });
const narrow: readonly Column<Found>[] = [
  column('NAMESPACE', ({ finding }) => shownNamespace(finding)),
  column('OBJECT', ({ finding }) => shortName(finding.subject)),
  column('VOLUME', ({ finding }) => finding.volume ?? ''),
  {
    title: 'VERDICT',
    value: ({ finding }) => verdictOf(finding),
    style: (text, { finding }) => colourOf(text, verdictOf(finding)),
  },
  column('REASON', ({ finding }) => finding.reason),
];
const message = column('MESSAGE', ({ finding }) => finding.message);

export const columnsOf: Readonly<Record<'table' | 'wide', readonly Column<Found>[]>> = {
  table: [...narrow, message],
  wide: [
    ...narrow,
    column('CONSISTENCY', ({ finding }) => finding.facts?.['consistency'] ?? ''),
    column('FUNCTION', (found) => found.function),
    column('HANDLE', ({ finding }) => finding.facts?.['handle'] ?? ''),
    column('BACKUP', ({ finding }) => finding.facts?.['backup'] ?? ''),
    column('COMMAND', (found) => commandOf(found) ?? ''),
    message,
  ],
};

/** A finding for documents, with the actions exactly as they would be applied and a sentence for each. */
export function toDocument(found: Found): object {
  const { function: name, finding } = found;
  const { subject, volume, reason, message: text, waitsFor, facts, actions } = finding;
  const command = commandOf(found);
  return {
    function: name,
    subject,
    ...(volume !== undefined && { volume }),
    verdict: verdictOf(finding),
    reason,
    message: text,
    ...(command !== undefined && { command }),
    ...(waitsFor !== undefined && { waitsFor }),
    ...(facts !== undefined && { facts }),
    actions: actions.map((action) => ({ ...action, text: describeAction(action) })),
  };
}
