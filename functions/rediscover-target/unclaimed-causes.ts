import { ref } from '../../shared/domain/kinds.ts';
import { listCommand, logsCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Seen } from './observe.ts';

/**
 * Why Harvester makes no VMBackup of a backup, as far as that can be told without the keys of the target. What only the
 * target's files show is named, so that nobody takes silence for an answer; Harvester's log has a line for each of those.
 */
export const showUnclaimed = logsCommand(
  'harvester-system',
  { 'app.kubernetes.io/name': 'harvester', 'app.kubernetes.io/component': 'apiserver' },
  'skip creat|sync vm (image|backup)',
);

/**
 * What can be told of these backups, and what is left; short, however many there are.
 * @param ended whether Harvester has written down that its scan came to an end
 */
export function describeUnclaimed(seen: Seen, ended: boolean): string {
  const { unclaimed, lacking, images } = seen;
  const waiting = new Set([...lacking.values()].flat());
  const foreign = unclaimed.filter((one) => one.foreign);
  const open = unclaimed.filter((one) => !one.foreign && !waiting.has(one.backup));
  const kin = open.filter((one) => one.kin);
  const parts = [
    count(
      foreign.length,
      'were created by a recurring job, by hand or by another tool and never belonged to a VMBackup',
    ),
    count(waiting.size, 'wait for a StorageClass'),
    count(
      kin.length,
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

/** What only the target's files show, of what this Harvester passes over without a word. */
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

/** Harvester begins a scan that failed again every few seconds; what stopped it is in its log, or here in the cluster. */
export function describeStuck({ holdingUp }: Seen): string {
  const stops = 'it retries a failed scan: an unreadable metadata file of a VM image or backup';
  const rest = `${stops}, or an object that it cannot create, blocks all that follow`;
  if (holdingUp.length === 0) return rest;
  return `${rest}; on releases 1.6 to 1.8, ${some(holdingUp)} also keeps a scan from finishing`;
}

/** The causes that have an object here, each by itself. */
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
    // Without a class that is missed, an image that is not there hurts no backup.
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

/** One finding for each StorageClass, however many backups wait for it. */
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
