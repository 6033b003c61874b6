import type { KindName } from '../domain/kinds.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';
import type { ObjectOf } from '../objects/types.ts';

/**
 * Yields a list in pages of up to 500 objects. Awaiting each object alone costs more than judging it. Takes the pages
 * of the reader if it has any. Those of a scan are decoded by objects/fast-decode.ts; with the schemas a scan takes 1.7
 * times the CPU time.
 * @throws what the reader throws
 */
export async function* pagesOf<K extends KindName>(
  reader: Reader,
  kind: K,
  options: ListOptions,
): AsyncGenerator<Iterable<ObjectOf<K>>> {
  if (reader.pages !== undefined) {
    yield* reader.pages(kind, options);
    return;
  }
  let page: ObjectOf<K>[] = [];
  for await (const object of reader.list(kind, options)) {
    page.push(object);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  yield page;
}

const PAGE = 500;
