import type { KindName, Ref } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';

/** An object that does not have the shape of its kind. */
export interface Unreadable {
  readonly object: Ref;
  /** Names the object and the field that does not fit. */
  readonly message: string;
  /** The field that does not fit, never its value. */
  readonly issue: string;
  /** Whether it has this name anywhere. What it says about it cannot be told; of what it does not name it says nothing. */
  mentions(name: string): boolean;
  /** For whoever cannot do without it. @throws UnreadableError */
  fail(): never;
  /** Of a restore: what can be read of it all the same. */
  readonly restore?: {
    /** The VMBackup that it names, `<namespace>/<name>`. */
    readonly of?: string;
    readonly isComplete: boolean;
  };
}

export interface ListOptions {
  readonly namespace?: string;
  /** Label equality. */
  readonly labels?: Readonly<Record<string, string>>;
  /** `key=value,key!=value`, as kubectl's `-l`. Joined with `labels`. */
  readonly selector?: string;
  /** Told of each object that does not have the shape of its kind; such objects are left out. */
  readonly onUnreadable?: (object: Unreadable) => void;
}

/** Groups objects of a kind by one or more keys. `name` stands for the function: equal names, equal grouping. */
export interface Index<K extends KindName> {
  readonly kind: K;
  readonly name: string;
  readonly keysOf: (object: ObjectOf<K>) => readonly string[];
}

/** What `observe` gets: it can read and nothing else. */
export interface Reader {
  /**
   * One object, or undefined when it does not exist.
   * @throws UnreadableError when it does not have the shape of its kind
   * @throws NotServedError when the API server does not know the kind (CRD not installed)
   * @throws RetryableError, TerminalError
   */
  get<K extends KindName>(kind: K, name: string, namespace?: string): Promise<ObjectOf<K> | undefined>;
  /** All objects of a kind, page by page, in the server's order (namespace, name). Memory holds one page. */
  list<K extends KindName>(kind: K, options?: ListOptions): AsyncIterable<ObjectOf<K>>;
  /** The same, a page at a time, where the reader has pages. Each is to be gone through once, before the next is asked for. */
  readonly pages?: <K extends KindName>(kind: K, options?: ListOptions) => AsyncIterable<Iterable<ObjectOf<K>>>;
  /** Whether the API server knows the kind: for those whose CRD need not be installed. */
  serves(kind: KindName): Promise<boolean>;
  /** Nothing will be recorded by what is read: Events and reports of Gleaner's own need not be looked for. */
  readonly withoutRecords?: true;
  /** Objects with a key, where the reader holds whole lists and can answer without going through them. */
  readonly indexed?: <K extends KindName>(index: Index<K>, key: string) => Promise<readonly ObjectOf<K>[]>;
  /** Where there is `indexed`: what the lists had to leave out, which no index can find. */
  readonly unreadable?: (kind: KindName) => Promise<readonly Unreadable[]>;
}
