import { getCommand } from '../domain/kubectl.ts';
import type { Index, Reader, Unreadable } from '../ports/reader.ts';
import type { VMBackup, VMRestore } from '../objects/types.ts';
import { withKey } from './queries.ts';

/** A restore that is not complete, or of which that cannot be read. */
export interface InProgress {
  /** `<namespace>/<name>` */
  readonly name: string;
  /** Given where it cannot be read: shows it. */
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
 * Restores from this VMBackup that are not complete, in any namespace; failed ones count, Harvester retries them. So does
 * one that cannot be read, unless as much can be read of it as that it is complete or of another VMBackup.
 */
export async function restoresInProgress(reader: Reader, { metadata }: VMBackup): Promise<InProgress[]> {
  const own = `${metadata.namespace}/${metadata.name}`;
  const odd: Unreadable[] = [];
  const onUnreadable = (one: Unreadable) => void odd.push(one);
  const found: InProgress[] = [];
  for await (const restore of withKey(reader, byBackup, own, { onUnreadable })) {
    if (restore.status?.complete !== true) found.push(named(restore));
  }
  return [...found, ...odd.flatMap(perhaps).filter(({ of }) => of === undefined || of === own)];
}

/** All that are not complete, whatever they are of, and those that cannot be read and may not be. */
export async function allInProgress(
  reader: Reader,
  isOver = ({ status }: VMRestore): boolean => status?.complete === true,
): Promise<InProgress[]> {
  const odd: Unreadable[] = [];
  const onUnreadable = (one: Unreadable) => void odd.push(one);
  const found: InProgress[] = [];
  for await (const restore of reader.list('VirtualMachineRestore', { onUnreadable })) {
    if (!isOver(restore)) found.push(named(restore));
  }
  return [...found, ...odd.flatMap(perhaps)];
}

/** Names them in a sentence that says `… is in progress`. */
export const describeInProgress = (restores: readonly InProgress[]): string =>
  restores.map(({ name, command }) => (command === undefined ? name : `${name}, which cannot be read,`)).join(', ');

/** The command that says more of one. */
export function showInProgress({ name, command }: InProgress): string {
  const [namespace = '', own = ''] = name.split('/');
  return command ?? `gleaner explain vmrestore/${own} -n ${namespace}`;
}

const named = ({ metadata }: VMRestore): InProgress => ({ name: `${metadata.namespace}/${metadata.name}` });

function perhaps({ object, restore }: Unreadable): (InProgress & { readonly of?: string })[] {
  if (restore?.isComplete === true) return [];
  const command = getCommand(object);
  return [
    { name: `${object.namespace}/${object.name}`, command, ...(restore?.of !== undefined && { of: restore.of }) },
  ];
}
