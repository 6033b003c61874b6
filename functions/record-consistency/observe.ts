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
  /** The newest older VMBackup of the same VM whose consistency is recorded; looked for only where none of this one's is. */
  readonly previous?: Previous | undefined;
}

interface Previous {
  readonly name: string;
  readonly level: ConsistencyLevel;
}

export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const backup = await reader.get('VirtualMachineBackup', subject.name, subject.namespace);
  if (backup === undefined || isDeleting(backup)) return { subject, backup, parts: [] };
  const parts = await partsOf(reader, backup);
  const name = backup.spec.source?.name;
  // A recovered one may bear the name of a VM that has nothing to do with it.
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
    // Before its controller has looked at it, it does not say the VM's uid, and may have had the guest frozen all the same.
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

/** Of these so many are looked at: nearly always the first tells. */
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
