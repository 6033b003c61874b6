/**
 * Objects, the one revision counter, and each kind's history. It knows no rules: see registry.ts.
 *
 * An object is kept as its JSON text, which is small (100,000 contents fit in about 100 MB), cannot be changed
 * behind the store's back, and is handed to HTTP clients as it is.
 */
import type { KubeObject } from './types.ts';
import type { Kind } from './kinds.ts';

/** One version of one object. Never changed. */
export interface Entry {
  /** `namespace/name`, or the name of a cluster-scoped object; lists are sorted by it. */
  readonly key: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  revision: number;
  /** For DELETED the last version, with the revision of the deletion. */
  entry: Entry;
  previous: Entry | undefined;
}

export type Listener = (change: Change) => void;

/** Old pages are kept for continue tokens; more than this many per kind are not. */
const SNAPSHOTS_KEPT = 16;
const NO_LABELS = {};
/** What a client remembers from before this start (a small number) is too old to go on from. */
const FIRST_REVISION = 1000;

export class Collection {
  readonly kind: Kind;
  /** Sorted by key. Shared with `#snapshots` until the next change, then copied. */
  #entries: Entry[] = [];
  #shared = false;
  readonly #snapshots = new Map<number, readonly Entry[]>();
  readonly #history: Change[] = [];
  readonly #historyLimit: number;
  /** Revision of the newest change that has been dropped from the history. */
  #droppedRevision = FIRST_REVISION;
  readonly listeners = new Set<Listener>();

  constructor(kind: Kind, historyLimit: number) {
    this.kind = kind;
    this.#historyLimit = historyLimit;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(key: string): Entry | undefined {
    const entry = this.#entries[this.indexOf(key)];
    return entry?.key === key ? entry : undefined;
  }

  /** Where the key is, or would be put. */
  indexOf(key: string, entries: readonly Entry[] = this.#entries): number {
    let [low, high] = [0, entries.length];
    const last = entries[high - 1];
    if (last && last.key < key) return high; // appending in order is the common case
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Keeps the entries of a list that began at `revision` for its later pages; the least recently used go. */
  keepSnapshot(revision: number, entries: readonly Entry[]): void {
    if (entries === this.#entries) this.#shared = true;
    this.#snapshots.delete(revision);
    this.#snapshots.set(revision, entries);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= SNAPSHOTS_KEPT) break;
      this.#snapshots.delete(oldest);
    }
  }

  snapshot(revision: number): readonly Entry[] | undefined {
    return revision < this.oldestRevision ? undefined : this.#snapshots.get(revision);
  }

  /** A watch that has seen this revision can go on; one that has seen less has missed something. */
  get oldestRevision(): number {
    return this.#history[this.#history.length - this.#historyLimit - 1]?.revision ?? this.#droppedRevision;
  }

  /** Changes after a revision, or undefined when some of them have been forgotten. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.oldestRevision) return undefined;
    const first = this.#history.findIndex((change) => change.revision > revision);
    return first === -1 ? [] : this.#history.slice(first);
  }

  apply(change: Change): void {
    if (this.#shared) {
      this.#entries = this.#entries.slice();
      this.#shared = false;
    }
    const index = this.indexOf(change.entry.key);
    if (change.type === 'ADDED') this.#entries.splice(index, 0, change.entry);
    else if (change.type === 'MODIFIED') this.#entries[index] = change.entry;
    else this.#entries.splice(index, 1);
    this.#history.push(change);
    // Dropped in bulk: shifting an array of 10,000 on every write would be felt.
    if (this.#history.length > 2 * this.#historyLimit) {
      const dropped = this.#history.splice(0, this.#history.length - this.#historyLimit);
      this.#droppedRevision = dropped.at(-1)!.revision;
    }
    for (const listener of this.listeners) listener(change);
  }
}

export class Store {
  readonly #collections: Map<Kind, Collection>;
  #revision = FIRST_REVISION;

  constructor(kinds: readonly Kind[], historyLimit: number) {
    this.#collections = new Map(kinds.map((kind) => [kind, new Collection(kind, historyLimit)]));
  }

  get revision(): number {
    return this.#revision;
  }

  collection(kind: Kind): Collection {
    return this.#collections.get(kind)!;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  find(kind: Kind, namespace: string | undefined, name: string): Entry | undefined {
    return this.collection(kind).find(keyOf(namespace, name));
  }

  /** Writes a new version; the object gets the next resourceVersion. */
  put(kind: Kind, object: KubeObject): Entry {
    const collection = this.collection(kind);
    const entry = toEntry(object, ++this.#revision);
    const previous = collection.find(entry.key);
    collection.apply({ type: previous ? 'MODIFIED' : 'ADDED', revision: entry.revision, entry, previous });
    return entry;
  }

  remove(kind: Kind, entry: Entry): Entry {
    const last = toEntry(parse(entry), ++this.#revision);
    this.collection(kind).apply({ type: 'DELETED', revision: last.revision, entry: last, previous: entry });
    return last;
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function parse(entry: Entry): KubeObject {
  return JSON.parse(entry.text) as KubeObject;
}

/** `apiVersion` and `kind` come first in the text, so that a list of built-in kinds can cut them off. */
export function toEntry(object: KubeObject, revision: number): Entry {
  const { apiVersion, kind, metadata, ...rest } = object;
  metadata.resourceVersion = String(revision);
  return {
    key: keyOf(metadata.namespace, metadata.name),
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid ?? '',
    revision,
    labels: metadata.labels ?? NO_LABELS,
    text: JSON.stringify({ apiVersion, kind, metadata, ...rest }),
  };
}
