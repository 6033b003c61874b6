import type { Question } from '../../shared/capability/overview.ts';
import { UsageError } from '../command.ts';
import { parseKindArgument } from '../kind-argument.ts';

/** `sc`, `vm/web`; StorageClasses where nothing is said. @throws UsageError */
export function parseQuestion(text = 'sc'): Pick<Question, 'kind' | 'name'> {
  // Here the disks of VMs are asked about; elsewhere a volume may be Longhorn's.
  const word = text.replace(/^volume(?=$|\/)/i, 'pvc');
  const question = parseKindArgument(word, ['StorageClass', 'VirtualMachine', 'PersistentVolumeClaim']);
  if (question === undefined) {
    throw new UsageError(`unknown kind or name "${text}" (known: sc, vm, pvc, sc/NAME, vm/NAME, pvc/NAME)`);
  }
  return question;
}
