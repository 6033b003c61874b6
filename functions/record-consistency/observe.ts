import type { ConsistencyLevel } from '../../shared/chain/consistency.ts';
import { recordedOn } from '../../shared/chain/consistency.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Evidence, Part } from './evidence.ts';

export interface Seen extends Omit<Evidence, 'backup'> {
  readonly subject: Ref;
  readonly backup?: VMBackup | undefined;
  /** The newest older VMBackup of the VM with a recorded consistency. Read only if this one has no record yet. */
  readonly previous?: Previous | undefined;
}

interface Previous {
  readonly name: string;
  readonly level: ConsistencyLevel;
}

/**
 * Reads a VMBackup, its pairs, its VM and its former records.
 * @throws what the reader throws
 */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  if (backup === undefined || isDeleting(backup)) return { subject, backup, parts: [] };
  const parts = await partsOf(reader, backup);
  const name = backup.spec.source?.name;
  // A recovered VMBackup may have the name of an unrelated VM.
  if (!backup.status?.sourceUID || !name) return { subject, backup, parts };
  const { namespace } = backup.metadata;
  const instance = await reader.get('VirtualMachineInstance', name, namespace);
  const machine = await reader.get('VirtualMachine', name, namespace);
  const isNoted = parts.some(({ content }) => content !== undefined && recordedOn(content) !== undefined);
  const isTaken = parts.length > 0 && parts.every(({ content }) => content?.status?.creationTime);
  const previous = isTaken && !isNoted ? await previousOf(reader, backup) : undefined;
  const younger = instance?.status?.fsFreezeStatus ? await hasYounger(reader, backup) : false;
  return { subject, backup, parts, instance, machine, previous, younger };
}

async function hasYounger(reader: Reader, backup: VMBackup): Promise<boolean> {
  for await (const other of reader.list('VirtualMachineBackup', { namespace: backup.metadata.namespace })) {
    const isOther = other.metadata.uid !== backup.metadata.uid;
    // Compare names: a new VMBackup may have frozen the guest before its status has the uid of the VM.
    const sameMachine = other.spec.source?.name === backup.spec.source?.name;
    if (isOther && sameMachine && madeMs(other) >= madeMs(backup)) return true;
  }
  return false;
}

async function partsOf(reader: Reader, backup: VMBackup): Promise<Part[]> {
  const parts: Part[] = [];
  for (const entry of entriesOf(backup)) {
    const snapshot = entry.name ? await reader.get('VolumeSnapshot', entry.name, backup.metadata.namespace) : undefined;
    const bound = snapshot?.status?.boundVolumeSnapshotContentName;
    const content = bound ? await reader.get('VolumeSnapshotContent', bound) : undefined;
    parts.push({ entry, snapshot, content });
  }
  return parts;
}

/** How many older VMBackups are read. Nearly always the first has a record. */
const LOOK_BACK = 5;

async function previousOf(reader: Reader, backup: VMBackup): Promise<Previous | undefined> {
  const older: VMBackup[] = [];
  for await (const other of reader.list('VirtualMachineBackup', { namespace: backup.metadata.namespace })) {
    if (other.status?.sourceUID === backup.status?.sourceUID && madeMs(other) < madeMs(backup) && !isDeleting(other)) {
      older.push(other);
    }
  }
  older.sort((a, b) => madeMs(b) - madeMs(a));
  for (const other of older.slice(0, LOOK_BACK)) {
    for (const { content } of await partsOf(reader, other)) {
      const noted = content && recordedOn(content);
      if (noted !== undefined) return { name: other.metadata.name, level: noted.level };
    }
  }
  return undefined;
}

const madeMs = ({ metadata }: VMBackup): number => Date.parse(metadata.creationTimestamp ?? '');
