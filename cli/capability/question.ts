import type { Question } from '../../shared/capability/overview.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import { UsageError } from '../command.ts';

const aliases: Readonly<Record<Question['kind'], readonly string[]>> = {
  StorageClass: ['storageclass', 'storageclasses', 'sc'],
  VirtualMachine: ['virtualmachine', 'virtualmachines', 'vm', 'vms'],
  PersistentVolumeClaim: ['persistentvolumeclaim', 'persistentvolumeclaims', 'pvc', 'pvcs', 'claim', 'volume'],
};

/** `sc`, `vm/web`; StorageClasses where nothing is said. @throws UsageError */
export function parseQuestion(text = 'sc'): Pick<Question, 'kind' | 'name'> {
  const [word = '', name, ...more] = text.split('/');
  const [plain = '', ...group] = word.toLowerCase().split('.');
  const kind = (Object.keys(aliases) as Question['kind'][]).find(
    (one) => aliases[one].includes(plain) && (group.length === 0 || group.join('.') === kinds[one].group),
  );
  if (kind === undefined || name === '' || more.length > 0) {
    throw new UsageError(`unknown kind or name "${text}" (known: sc, vm, pvc, sc/NAME, vm/NAME, pvc/NAME)`);
  }
  return { kind, ...(name !== undefined && { name }) };
}
