import { getCommand } from '../domain/kubectl.ts';
import type { Index, Reader, Unreadable } from '../ports/reader.ts';
import type { VMBackup, VMRestore } from '../objects/types.ts';
import { withKey } from './queries.ts';

/** A restore that is not complete, or that cannot be read and may not be complete. */
export interface InProgress {
  /** `<namespace>/<name>` */
  readonly name: string;
  /** Shows the restore. Only set if it cannot be read. */
  readonly command?: string;
}

const byBackup: Index<'VirtualMachineRestore'> = {
  kind: 'VirtualMachineRestore',
  name: 'VirtualMachineRestore by VMBackup',
  keysOf: ({ metadata, spec }) => [
    `${spec.virtualMachineBackupNamespace || metadata.namespace}/${spec.virtualMachineBackupName}`,
  ],
};

/**
 * Restores from this VMBackup, in any namespace, that are not complete. Failed ones count, because Harvester retries
 * them. An unreadable restore counts too, unless its readable fields show that it is complete or of another VMBackup.
 * @throws RetryableError, TerminalError
 */
export async function restoresInProgress(reader: Reader, { metadata }: VMBackup): Promise<InProgress[]> {
  const own = `${metadata.namespace}/${metadata.name}`;
  const unreadable: Unreadable[] = [];
  const onUnreadable = (one: Unreadable) => void unreadable.push(one);
  const found: InProgress[] = [];
  for await (const restore of withKey(reader, byBackup, own, { onUnreadable })) {
    if (restore.status?.complete !== true) found.push(named(restore));
  }
  return [...found, ...unreadable.flatMap(possiblyInProgress).filter(({ of }) => of === undefined || of === own)];
}

/**
 * Restores of any VMBackup that are not complete, including unreadable ones of which that is unknown.
 * @param isOver default: the restore's status says complete
 * @throws RetryableError, TerminalError
 */
export async function allInProgress(
  reader: Reader,
  isOver = ({ status }: VMRestore): boolean => status?.complete === true,
): Promise<InProgress[]> {
  const unreadable: Unreadable[] = [];
  const onUnreadable = (one: Unreadable) => void unreadable.push(one);
  const found: InProgress[] = [];
  for await (const restore of reader.list('VirtualMachineRestore', { onUnreadable })) {
    if (!isOver(restore)) found.push(named(restore));
  }
  return [...found, ...unreadable.flatMap(possiblyInProgress)];
}

/** Lists their names, for a sentence that ends in "… is in progress". */
export const describeInProgress = (restores: readonly InProgress[]): string =>
  restores.map(({ name, command }) => (command === undefined ? name : `${name}, which cannot be read,`)).join(', ');

/** The command that shows more about one. */
export function showInProgress({ name, command }: InProgress): string {
  const [namespace = '', own = ''] = name.split('/');
  return command ?? `gleaner explain vmrestore/${own} -n ${namespace}`;
}

const named = ({ metadata }: VMRestore): InProgress => ({ name: `${metadata.namespace}/${metadata.name}` });

function possiblyInProgress({ object, restore }: Unreadable): (InProgress & { readonly of?: string })[] {
  if (restore?.isComplete === true) return [];
  const command = getCommand(object);
  return [
    { name: `${object.namespace}/${object.name}`, command, ...(restore?.of !== undefined && { of: restore.of }) },
  ];
}
