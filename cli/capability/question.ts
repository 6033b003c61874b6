import type { Question } from '../../shared/capability/overview.ts';
import { UsageError } from '../command.ts';
import { parseKindArgument } from '../kind-argument.ts';

/**
 * Parses `sc` or `vm/web`. Default: all StorageClasses.
 * @throws UsageError
 */
export function parseQuestion(text = 'sc'): Pick<Question, 'kind' | 'name'> {
  // Here "volume" means a VM's disk, a claim; in other commands it may be Longhorn's volume.
  const word = text.replace(/^volume(?=$|\/)/i, 'pvc');
  const question = parseKindArgument(word, ['StorageClass', 'VirtualMachine', 'PersistentVolumeClaim']);
  if (question === undefined) {
    throw new UsageError(`unknown kind or name "${text}" (known: sc, vm, pvc, sc/NAME, vm/NAME, pvc/NAME)`);
  }
  return question;
}
