import type { KindName } from '../domain/kinds.ts';
import type { Content, ObjectOf } from '../objects/types.ts';
import type { ListOptions, Reader } from './ports.ts';

/** Contents listed longer ago than this are listed again. */
const FRESH_MS = 5_000;

/**
 * A reader for finding out whom an event concerns, never for deciding. When a target comes back, thousands of backups
 * become known within minutes, and each event has to ask which contents name its backup: all contents are then listed
 * once in a while, not once per event. Nothing is missed by that: a content that is younger than the list makes an
 * event of its own.
 */
export function hintsFrom(reader: Reader, nowMs: () => number = Date.now): Reader {
  let contents: Promise<readonly Content[]> | undefined;
  let listedAtMs = 0;

  const listed = (): Promise<readonly Content[]> => {
    if (contents === undefined || nowMs() - listedAtMs > FRESH_MS) {
      listedAtMs = nowMs();
      contents = readAll(reader);
      contents.catch(() => (contents = undefined));
    }
    return contents;
  };

  return {
    get: (kind, name, namespace) => reader.get(kind, name, namespace),
    async *list<K extends KindName>(kind: K, options?: ListOptions): AsyncGenerator<ObjectOf<K>> {
      if (kind !== 'VolumeSnapshotContent' || options !== undefined) yield* reader.list(kind, options);
      else for (const content of await listed()) yield content as ObjectOf<K>;
    },
    serves: (kind) => reader.serves(kind),
  };
}

async function readAll(reader: Reader): Promise<readonly Content[]> {
  const all: Content[] = [];
  for await (const { metadata, spec, status } of reader.list('VolumeSnapshotContent')) {
    // Without labels and annotations: they are most of an object, and whoever is found is read again.
    const { name, uid, resourceVersion, ownerReferences } = metadata;
    all.push({ metadata: { name, uid, resourceVersion, ownerReferences, annotations: undefined }, spec, status });
  }
  return all;
}
