import type { KindName, Ref } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';

/** An object that does not match the schema of its kind. */
export interface Unreadable {
  readonly object: Ref;
  /** A sentence that names the object and the field that does not match. */
  readonly message: string;
  /** The field that does not match, never its value. */
  readonly issue: string;
  /** Whether any text in the object equals `name`. If not, the object cannot refer to that name and may be ignored. */
  mentions(name: string): boolean;
  /**
   * Throws this object as an error, for callers that cannot go on without it.
   * @throws UnreadableError
   */
  fail(): never;
  /** Only for a VirtualMachineRestore: the fields that could be read. */
  readonly restore?: {
    /** The VMBackup that the restore names, `<namespace>/<name>`. */
    readonly of?: string;
    readonly isComplete: boolean;
  };
}

/** What to list. Without options: all objects of the kind, in all namespaces. */
export interface ListOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  /** Labels that must all be equal. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Label selector as for `kubectl -l` (`key=value,key!=value`), combined with `labels`. */
  readonly selector?: string;
  /**
   * Called for each object that does not match the schema of its kind. Such objects are left out of the list; without
   * this callback, silently.
   */
  readonly onUnreadable?: (object: Unreadable) => void;
}

/**
 * Groups the objects of a kind by one or more keys. Readers cache groups by `name`: two indexes of the same name must
 * group alike.
 */
export interface Index<K extends KindName> {
  readonly kind: K;
  readonly name: string;
  readonly keysOf: (object: ObjectOf<K>) => readonly string[];
}

/** Read access to the cluster, the only port that `observe` gets. */
export interface Reader {
  /**
   * Reads one object. Returns `undefined` if it does not exist. Harvester's kinds count as empty on a cluster without
   * Harvester.
   * @throws UnreadableError if it does not match the schema of its kind
   * @throws NotServedError if the API server does not know the kind (CRD not installed)
   * @throws RetryableError, TerminalError
   */
  get<K extends KindName>(kind: K, name: string, namespace?: string): Promise<ObjectOf<K> | undefined>;
  /**
   * Lists the objects of a kind page by page, in the server's order (namespace, name). Holds at most two pages (500
   * objects each) in memory. Objects that do not match the schema are left out and passed to `onUnreadable`: pass it
   * wherever a missing object would change the decision.
   *
   * @throws NotServedError, RetryableError, TerminalError, while the list is iterated
   * @example
   * const unreadable: Unreadable[] = [];
   * const onUnreadable = (object: Unreadable) => void unreadable.push(object);
   * for await (const content of reader.list('VolumeSnapshotContent', { onUnreadable })) inspect(content);
   * // An unreadable content may be the one that names this backup: fail instead of concluding that there is none.
   * unreadable.find((object) => object.mentions(backupName))?.fail();
   */
  list<K extends KindName>(kind: K, options?: ListOptions): AsyncIterable<ObjectOf<K>>;
  /**
   * As `list`, one page at a time; absent where the reader has no pages. Iterate each page once, before asking for the
   * next.
   */
  readonly pages?: <K extends KindName>(kind: K, options?: ListOptions) => AsyncIterable<Iterable<ObjectOf<K>>>;
  /**
   * Whether the API server knows the kind. For kinds whose CRD may not be installed.
   * @throws RetryableError, TerminalError
   */
  serves(kind: KindName): Promise<boolean>;
  /** Set when the caller drops records: `observe` need not look up existing Events and reports of Gleaner. */
  readonly withoutRecords?: true;
  /** Objects that have this key. Only readers that hold whole lists have it. */
  readonly indexed?: <K extends KindName>(index: Index<K>, key: string) => Promise<readonly ObjectOf<K>[]>;
  /** Present together with `indexed`: the objects of a kind that could not be decoded, which no index contains. */
  readonly unreadable?: (kind: KindName) => Promise<readonly Unreadable[]>;
}
