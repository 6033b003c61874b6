import { ref } from '../../shared/domain/kinds.ts';
import { listCommand, logsCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Seen } from './observe.ts';

/**
 * Why Harvester creates no VMBackup from a backup, as far as the cluster shows it. Also names the causes that only
 * files on the target show, which Gleaner cannot read; Harvester logs a line for each of those.
 */
export const showUnclaimed = logsCommand(
  'harvester-system',
  { 'app.kubernetes.io/name': 'harvester', 'app.kubernetes.io/component': 'apiserver' },
  'skip creat|sync vm (image|backup)',
);

/**
 * Describes the possible causes. Short, however many backups there are.
 * @param ended whether Harvester recorded the end of its scan
 */
export function describeUnclaimed(seen: Seen, ended: boolean): string {
  const { unclaimed, lacking, images } = seen;
  const waiting = new Set([...lacking.values()].flat());
  const foreign = unclaimed.filter((one) => one.foreign);
  const open = unclaimed.filter((one) => !one.foreign && !waiting.has(one.backup));
  const ofKnownVolumes = open.filter((one) => one.isOfKnownVolume);
  const parts = [
    count(
      foreign.length,
      'were created by a recurring job, by hand or by another tool and never belonged to a VMBackup',
    ),
    count(waiting.size, 'wait for a StorageClass'),
    count(
      ofKnownVolumes.length,
      'are of volumes whose other backups have a VMBackup, so their own VMBackup was deleted or lost its file',
    ),
  ].filter((part) => part !== '');
  if (open.length > 0) {
    const ruledOut = ended ? ['the scan finished, so no file is unreadable'] : [];
    if (lacking.size === 0) ruledOut.push('no StorageClass is missing');
    if (images.incomplete.length === 0) ruledOut.push('no copy of an image is unfinished');
    if (!ended) parts.push('this Harvester does not record the end of a scan');
    parts.push(
      `${ruledOut.length === 0 ? '' : `${ruledOut.join(', ')}; `}remaining causes for ${open.length}: ${either(whatIsLeft(seen, ended))}`,
    );
  }
  return parts.join('; ');
}

/** The remaining causes: backups that this release of Harvester skips silently, as only files on the target show. */
function whatIsLeft({ recordsScans, passesOverOthers, hasVMBackups }: Seen, ended: boolean): string[] {
  const others = 'a volume that is not on Longhorn';
  return [
    ...(ended ? [] : ['an unreadable file that blocks all others']),
    'no metadata file',
    ...(hasVMBackups ? ['a VMBackup with the same namespace and name here already'] : []),
    ...(passesOverOthers === false ? [] : [passesOverOthers ? others : `from Harvester 1.5 on ${others}`]),
    ...(recordsScans === false ? [] : ['another volume or backup missing']),
  ];
}

const either = (all: readonly string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')}, or ${all.at(-1)}`;

/**
 * Why a scan does not end. Harvester retries a failed scan every few seconds; the cause is in its log or in the
 * cluster.
 */
export function describeStuck({ holdingUp }: Seen): string {
  const stops = 'it retries a failed scan: an unreadable metadata file of a VM image or backup';
  const rest = `${stops}, or an object that it cannot create, blocks all that follow`;
  if (holdingUp.length === 0) return rest;
  return `${rest}; on releases 1.6 to 1.8, ${some(holdingUp)} also keeps a scan from finishing`;
}

/** One finding per cause that is an object in the cluster. */
export function causes(seen: Seen): Finding[] {
  const { incomplete, unmade } = seen.images;
  const first = (objects: readonly string[]) => objects[0]?.split(' ')[0] ?? '';
  return [
    ...lackingClasses(seen),
    ...(incomplete.length === 0
      ? []
      : [
          {
            subject: ref('BackupBackingImage', first(incomplete), names.LONGHORN_NAMESPACE),
            reason: 'ImageBackupIncomplete' as const,
            message: `Longhorn has not finished the copy of ${some(incomplete)} on the target: Harvester creates no image from it`,
            command: listCommand('BackupBackingImage', { namespace: names.LONGHORN_NAMESPACE }),
            actions: [],
          },
        ]),
    // A missing image matters only if a StorageClass is missing as well.
    ...(unmade.length === 0 || seen.lacking.size === 0
      ? []
      : [
          {
            subject: seen.subject,
            reason: 'ImageNotMade' as const,
            message: `Harvester has created no image from ${some(unmade)} on the target: the display name is already used here, or its file harvester/vmimages/… is missing`,
            command: showUnclaimed,
            actions: [],
          },
        ]),
  ];
}

/** One finding per missing StorageClass, however many backups need it. */
const lackingClasses = (seen: Seen): Finding[] =>
  [...seen.lacking].map(([name, backups]) => ({
    subject: ref('StorageClass', name),
    reason: 'StorageClassMissing',
    message: `${backups.length} unclaimed ${backups.length === 1 ? 'backup is of a volume' : 'backups are of volumes'} in StorageClass ${name}, which does not exist here: ${some(backups)}`,
    facts: { backup: backups[0] ?? '', unclaimed: String(backups.length) },
    actions: [],
  }));

const count = (many: number, what: string): string => (many === 0 ? '' : `${many} ${what}`);

const SOME = 5;
export const some = (all: readonly string[]): string =>
  all.length <= SOME ? all.join(', ') : `${all.slice(0, SOME).join(', ')} and ${all.length - SOME} more`;
