import type { KindName } from '../domain/kinds.ts';
import { ref, refKey, namespaceOf } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';
import { keptIn } from './keep.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';

/**
 * A reader for one pass over one subject: reads nothing twice, shares equal concurrent calls, and answers `get` from
 * objects that a list returned. Keeps everything it read: create a new one per pass and never use it for sweeps.
 */
export function memoize(reader: Reader): Reader {
  const objects = new Map<string, Promise<ObjectOf<KindName> | undefined>>();
  const lists = new Map<string, Replay<Listed>>();

  async function* listed(kind: KindName, options: ListOptions): AsyncGenerator<Listed> {
    const unreadable: Listed[] = [];
    const onUnreadable: ListOptions['onUnreadable'] = (object) => void unreadable.push({ unreadable: object });
    for await (const object of reader.list(kind, { ...options, onUnreadable })) {
      yield* unreadable.splice(0);
      const namespace = namespaceOf(object);
      objects.set(refKey(ref(kind, object.metadata.name, namespace)), Promise.resolve(object));
      yield { object };
    }
    yield* unreadable;
  }

  return {
    get<K extends KindName>(kind: K, name: string, namespace?: string) {
      const found = keptIn(objects, refKey(ref(kind, name, namespace)), () => reader.get(kind, name, namespace));
      return found as Promise<ObjectOf<K> | undefined>;
    },
    async *list<K extends KindName>(kind: K, options: ListOptions = {}) {
      const { onUnreadable, namespace, labels, selector } = options;
      const key = JSON.stringify([kind, namespace, Object.entries(labels ?? {}).sort(), selector]);
      const known = lists.get(key) ?? new Replay(listed(kind, options));
      lists.set(key, known);
      try {
        for await (const item of known) {
          if ('object' in item) yield item.object as ObjectOf<K>;
          else onUnreadable?.(item.unreadable);
        }
      } catch (error) {
        // Another caller may have restarted the list.
        if (lists.get(key) === known) lists.delete(key);
        throw error;
      }
    },
    serves: (kind) => reader.serves(kind),
  };
}

type Listed =
  | { readonly object: ObjectOf<KindName> }
  | { readonly unreadable: Parameters<NonNullable<ListOptions['onUnreadable']>>[0] };

/** Lets any number of consumers iterate a one-shot source, each at its own pace. */
class Replay<T> {
  readonly #source: AsyncIterator<T>;
  readonly #steps: Promise<IteratorResult<T, unknown>>[] = [];
  constructor(source: AsyncGenerator<T>) {
    this.#source = source;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let position = 0; ; position++) {
      // Generators queue concurrent calls, so steps stay in order.
      const step = await (this.#steps[position] ??= this.#source.next());
      if (step.done === true) return;
      yield step.value;
    }
  }
}
