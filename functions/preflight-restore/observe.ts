import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { VMRestore } from '../../shared/objects/types.ts';
import { eventName } from '../../shared/plan/event-text.ts';
import type { SeenPreflight } from '../../shared/restore/seen-preflight.ts';
import { readPreflight } from '../../shared/restore/read.ts';

export interface Seen {
  readonly subject: Ref;
  readonly restore?: VMRestore | undefined;
  /** Whether its verdict is recorded already. */
  readonly hasVerdict?: boolean;
  readonly preflight?: SeenPreflight;
}

/** Name of the Event: one verdict per restore, whatever the result. @testonly */
export const verdictName = (restore: VMRestore): string => eventName(restore.metadata.uid, 'preflight');

/**
 * Reads a restore and what its preflight needs; only the restore if it is complete, being deleted, or has its verdict.
 * @throws what `readPreflight` and the reader throw
 */
export async function observe(reader: Reader, subject: Ref): Promise<Seen> {
  const restore = await reader.get('VirtualMachineRestore', subject.name, subject.namespace);
  if (restore === undefined || isDeleting(restore) || restore.status?.complete === true) return { subject, restore };
  const { namespace } = restore.metadata;
  // A command records nothing, so it always gets a verdict.
  const recorded =
    reader.withoutRecords === true ? undefined : await reader.get('Event', verdictName(restore), namespace);
  if (recorded !== undefined) return { subject, restore, hasVerdict: true };
  const { virtualMachineBackupName: name, virtualMachineBackupNamespace, target } = restore.spec;
  const { newVM, keepMacAddress, deletionPolicy } = restore.spec;
  const from = virtualMachineBackupNamespace || namespace;
  const request = {
    backup: { ...ref('VirtualMachineBackup', name, from), namespace: from },
    to: namespace,
    machine: target?.name,
    newVM: newVM === true,
    keepMacAddress: keepMacAddress === true,
    retain: deletionPolicy === 'retain',
    restore,
  };
  return { subject, restore, preflight: await readPreflight(reader, request) };
}
