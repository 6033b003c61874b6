import type { KindName } from '../shared/domain/kinds.ts';
import { kinds } from '../shared/domain/kinds.ts';

/** Short names of the kinds, besides their own name and plural. */
const shortNames: Partial<Record<KindName, readonly string[]>> = {
  VirtualMachineBackup: ['vmbackup', 'vmbackups'],
  VirtualMachineRestore: ['vmrestore', 'vmrestores'],
  VolumeSnapshot: ['vs'],
  VolumeSnapshotContent: ['vsc', 'vscs', 'content', 'contents'],
  Backup: ['lhb'],
  BackupTarget: ['lhbt'],
  StorageClass: ['sc'],
  VirtualMachine: ['vm', 'vms'],
  PersistentVolumeClaim: ['pvc', 'pvcs', 'claim'],
};

/**
 * Parses `kind` or `kind/name`. Accepts kinds as kubectl does: name, plural or short name, with or without group.
 * Returns `undefined` for a kind that is not in `among`, an empty name, or a second slash.
 */
export function parseKindArgument<K extends KindName>(
  text: string,
  among: readonly K[],
): { readonly kind: K; readonly name?: string } | undefined {
  const [word = '', name, ...more] = text.split('/');
  const [plain = '', ...group] = word.toLowerCase().split('.');
  const kind = among.find(
    (one) =>
      [one.toLowerCase(), kinds[one].plural, ...(shortNames[one] ?? [])].includes(plain) &&
      (group.length === 0 || group.join('.') === kinds[one].group),
  );
  if (kind === undefined || name === '' || more.length > 0) return undefined;
  return name === undefined ? { kind } : { kind, name };
}
