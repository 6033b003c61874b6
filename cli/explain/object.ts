import type { KindName, Ref } from '../../shared/domain/kinds.ts';
import { kinds, ref } from '../../shared/domain/kinds.ts';
import { LONGHORN_NAMESPACE } from '../../shared/domain/names.ts';
import { UsageError } from '../command.ts';

/** The kinds that have a story, and what kubectl and people call them. */
const aliases = {
  VirtualMachineBackup: ['vmbackup', 'vmbackups'],
  VirtualMachineRestore: ['vmrestore', 'vmrestores'],
  VolumeSnapshot: ['vs'],
  VolumeSnapshotContent: ['vsc', 'vscs', 'content'],
  Backup: ['lhb'],
  BackupTarget: ['lhbt'],
  Setting: [],
  PersistentVolumeClaim: ['pvc', 'claim'],
} as const satisfies Partial<Record<KindName, readonly string[]>>;
type Explainable = keyof typeof aliases;

/** @throws UsageError */
export function parseObject(text: string, namespace: string): Ref & { readonly kind: Explainable } {
  const [word = '', name = '', ...more] = text.split('/');
  const [plain = '', ...group] = word.toLowerCase().split('.');
  const kind = (Object.keys(aliases) as Explainable[]).find(
    (one) =>
      [one.toLowerCase(), kinds[one].plural, ...(aliases[one] as readonly string[])].includes(plain) &&
      (group.length === 0 || group.join('.') === kinds[one].group),
  );
  if (kind === undefined || name === '' || more.length > 0) {
    const known = ['vmbackup', 'vmrestore', 'vs', 'vsc', 'backup', 'backuptarget', 'setting', 'pvc'];
    throw new UsageError(`unknown object "${text}" (known: ${known.map((k) => `${k}/NAME`).join(', ')})`);
  }
  const where = kinds[kind].group === 'longhorn.io' ? LONGHORN_NAMESPACE : namespace;
  return { ...ref(kind, name, where), kind };
}
