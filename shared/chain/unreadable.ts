import type { KindName, Ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import { UnreadableError } from '../ports/errors.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';

/** An existing object that does not match the schema of its kind. */
export interface UnreadableObject {
  readonly object: Ref;
  /** Names the object and the field that does not match, never its value. */
  readonly message: string;
  /** Shows the object. */
  readonly command: string;
}

/**
 * Runs the reads for one volume. If one of its objects is unreadable, returns `otherwise(…)`, so that only this volume
 * is not judged.
 * @throws every other error
 */
export async function orUnreadable<T>(
  read: () => Promise<T>,
  otherwise: (unreadable: UnreadableObject) => T,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { object, message } = error;
    return otherwise({ object, message, command: getCommand(object) });
  }
}

/** Calls `onUnreadable` for each object of a kind that lists would leave out, for readers that answer from an index. */
export async function forEachUnreadable(
  reader: Reader,
  kind: KindName,
  onUnreadable: NonNullable<ListOptions['onUnreadable']>,
): Promise<void> {
  if (reader.unreadable !== undefined) {
    for (const unreadable of await reader.unreadable(kind)) onUnreadable(unreadable);
    return;
  }
  for await (const _readable of reader.list(kind, { onUnreadable }));
}
