import * as functions from '../functions/index.ts';
import type { AnyFunction } from '../shared/function.ts';
import { UsageError } from './command.ts';

export const allFunctions: readonly AnyFunction[] = Object.values(functions);

/**
 * The functions with these names; all if none is given.
 * @throws UsageError
 */
export function functionsNamed(names: readonly string[] = []): readonly AnyFunction[] {
  const known = allFunctions.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`unknown function "${unknown}" (known: ${known.join(', ')})`);
  return names.length === 0 ? allFunctions : allFunctions.filter(({ name }) => names.includes(name));
}
