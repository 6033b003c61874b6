import type { KindName } from '../domain/kinds.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';
import type { ObjectOf } from '../objects/types.ts';

/** A list by the page: an object at a time costs more in going from hand to hand than in being looked at. */
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
