import type { KindName } from '../shared/domain/kinds.ts';
import type { ListOptions, Reader } from '../shared/ports/reader.ts';
import type { Writer } from '../shared/ports/writer.ts';

/** Calls to the reader and writer. A list counts once, however many pages it has. */
export interface Calls {
  gets: number;
  lists: number;
  writes: number;
}

/** Wraps reader and writer so that calls are counted in `calls`. */
export function countCalls<P extends { readonly reader: Reader; readonly writer: Writer }>(
  ports: P,
  calls: Calls,
): Pick<P, 'reader' | 'writer'> {
  const { reader, writer } = ports;
  return {
    reader: {
      get: (kind, name, namespace) => {
        calls.gets++;
        return reader.get(kind, name, namespace);
      },
      list: <K extends KindName>(kind: K, options?: ListOptions) => {
        calls.lists++;
        return reader.list(kind, options);
      },
      serves: (kind) => reader.serves(kind),
    },
    writer: {
      create: (kind, object) => {
        calls.writes++;
        return writer.create(kind, object);
      },
      patch: (kind, name, namespace, operations) => {
        calls.writes++;
        return writer.patch(kind, name, namespace, operations);
      },
      patchValue: (name, operations, fields) => {
        calls.writes++;
        return writer.patchValue(name, operations, fields);
      },
      delete: (kind, name, namespace, preconditions) => {
        calls.writes++;
        return writer.delete(kind, name, namespace, preconditions);
      },
    },
  };
}
