import type { KindName, Ref } from '../../shared/domain/kinds.ts';
import { kinds, ref } from '../../shared/domain/kinds.ts';
import { LONGHORN_NAMESPACE } from '../../shared/domain/names.ts';
import { UsageError } from '../command.ts';
import { parseKindArgument } from '../kind-argument.ts';

/** The kinds that can be explained. */
const explainable = [
  'VirtualMachineBackup',
  'VirtualMachineRestore',
  'VolumeSnapshot',
  'VolumeSnapshotContent',
  'Backup',
  'BackupTarget',
  'Setting',
  'PersistentVolumeClaim',
] as const satisfies readonly KindName[];
type Explainable = (typeof explainable)[number];

/** @throws UsageError */
export function parseObject(text: string, namespace: string): Ref & { readonly kind: Explainable } {
  const { kind, name } = parseKindArgument(text, explainable) ?? {};
  if (kind === undefined || name === undefined) {
    const known = ['vmbackup', 'vmrestore', 'vs', 'vsc', 'backup', 'backuptarget', 'setting', 'pvc'];
    throw new UsageError(`unknown object "${text}" (known: ${known.map((k) => `${k}/NAME`).join(', ')})`);
  }
  const where = kinds[kind].group === 'longhorn.io' ? LONGHORN_NAMESPACE : namespace;
  return { ...ref(kind, name, where), kind };
}
