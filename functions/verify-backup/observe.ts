import type { Ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Chain } from '../../shared/chain/chain.ts';
import { entriesOf, isRemote } from '../../shared/chain/vmbackup.ts';
import { longhornBackup } from '../../shared/chain/queries.ts';
import { readChain } from '../../shared/chain/read-chain.ts';
import type { ReportKind } from '../../shared/chain/reports.ts';
import { reportKindOf, reportNameOf } from '../../shared/chain/reports.ts';
import type { SeenRestore } from '../../shared/restore/seen-hanging.ts';
import { judgeRestore, readRestore } from '../../shared/restore/hanging.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Backup, BackupTarget, KubeEvent, ReportObject, VMBackup } from '../../shared/objects/types.ts';
import { judgeSync, judgeTarget } from '../../shared/chain/target.ts';
import type { Issue } from './issues.ts';
import { eventNameOf, restoreTrouble, targetTrouble, issuesOf } from './issues.ts';

export type Seen = { readonly subject: Ref } & (
  | { readonly is: 'nothing' }
  | SeenBackup
  | ({ readonly is: 'restore'; readonly events: Events } & SeenRestore)
  | {
      readonly is: 'target';
      readonly target: BackupTarget | undefined;
      /** Whether any VMBackup needs the target. */
      readonly inUse: boolean;
      readonly events: Events;
    }
);

export interface SeenBackup {
  readonly is: 'vmbackup';
  readonly backup: VMBackup;
  /** Absent if the VMBackup is being deleted. */
  readonly chain?: Chain;
  /** Its Longhorn Backups that are being deleted with it. */
  readonly going?: readonly Backup[];
  readonly events: Events;
  /** Absent if no CRD for reports is installed. */
  readonly reportKind?: ReportKind | undefined;
  readonly report?: ReportObject | undefined;
}

/** Gleaner's existing Events about the subject, by name. */
export type Events = ReadonlyMap<string, KubeEvent>;

/** Judges as of later, to read the Events of problems that are only a matter of time as well. */
const LATER = Infinity;

/**
 * Reads a VMBackup with its chain, a restore with its claims, or the target; and Gleaner's records about it. `nothing`
 * if the object does not exist.
 * @throws what the reader throws, except UnreadableError for single links of a chain
 */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  switch (subject.kind) {
    case 'VirtualMachineBackup':
      return observeBackup(reader, subject);
    case 'VirtualMachineRestore': {
      const restore = await reader.get('VirtualMachineRestore', subject.name, subject.namespace);
      if (restore === undefined) return { subject, is: 'nothing' };
      const seen = await readRestore(reader, restore);
      const trouble = restoreTrouble(judgeRestore(seen, LATER));
      return { subject, is: 'restore', ...seen, events: await readEvents(reader, restore, trouble) };
    }
    case 'BackupTarget': {
      const target = await reader.get('BackupTarget', subject.name, subject.namespace);
      const events =
        target === undefined
          ? new Map()
          : await readEvents(reader, target, targetTrouble(judgeTarget(target) ?? judgeSync(target, LATER)));
      return { subject, is: 'target', target, inUse: await isInUse(reader), events };
    }
    default:
      return { subject, is: 'nothing' };
  }
}

async function observeBackup(reader: Reader, subject: Ref): Promise<Seen> {
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  if (backup === undefined) return { subject, is: 'nothing' };
  const seen = { subject, is: 'vmbackup', backup } as const;
  if (isDeleting(backup)) return { ...seen, going: await readGoing(reader, backup), events: new Map() };
  const chain = await readChain(reader, backup, { classes: true });
  const events = await readEvents(reader, backup, issuesOf(chain, LATER));
  const reportKind = reader.withoutRecords === true ? undefined : await reportKindOf(reader);
  if (reportKind === undefined) return { ...seen, chain, events };
  const { uid, namespace } = backup.metadata;
  const report = await reader.get(reportKind, reportNameOf(uid), namespace);
  return { ...seen, chain, events, reportKind, report };
}

/** Skips a Backup that cannot be read: it has a finding of its own. */
async function readGoing(reader: Reader, backup: VMBackup): Promise<Backup[]> {
  const going: Backup[] = [];
  for (const { longhornBackupName: name } of entriesOf(backup)) {
    const one = name
      ? await orUnreadable(
          () => longhornBackup(reader, name),
          () => undefined,
        )
      : undefined;
    if (one !== undefined && isDeleting(one)) going.push(one);
  }
  return going;
}

async function readEvents(
  reader: Reader,
  about: { metadata: { uid: string; namespace: string } },
  troubles: readonly Issue[],
): Promise<Events> {
  const events = new Map<string, KubeEvent>();
  if (reader.withoutRecords === true) return events;
  for (const trouble of troubles) {
    const name = eventNameOf(about.metadata.uid, trouble);
    const event = await reader.get('Event', name, about.metadata.namespace);
    if (event !== undefined) events.set(name, event);
  }
  return events;
}

async function isInUse(reader: Reader): Promise<boolean> {
  for await (const backup of reader.list('VirtualMachineBackup')) if (isRemote(backup)) return true;
  return false;
}
