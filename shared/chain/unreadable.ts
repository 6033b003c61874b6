import type { KindName, Ref } from '../domain/kinds.ts';
import { getCommand } from '../domain/kubectl.ts';
import { UnreadableError } from '../ports/errors.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';

/** An object that is there and does not have the shape of its kind: what it says cannot be told. */
export interface UnreadableObject {
  readonly object: Ref;
  /** Which field is odd; never its value. */
  readonly message: string;
  /** Shows it. */
  readonly command: string;
}

/**
 * What is read for one volume. An object without the shape of its kind keeps this volume from being judged, and none of
 * its neighbours: `otherwise` says what is seen in its place.
 */
export async function orUnreadable<T>(read: () => Promise<T>, otherwise: (odd: UnreadableObject) => T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { object, message } = error;
    return otherwise({ object, message, command: getCommand(object) });
  }
}

/** Told of what lists leave out, where a reader answers from an index and goes through none. */
export async function forEachUnreadable(
  reader: Reader,
  kind: KindName,
  onUnreadable: NonNullable<ListOptions['onUnreadable']>,
): Promise<void> {
  if (reader.unreadable !== undefined) {
    for (const odd of await reader.unreadable(kind)) onUnreadable(odd);
    return;
  }
  for await (const _readable of reader.list(kind, { onUnreadable }));
}
