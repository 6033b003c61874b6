import type { KindName } from '../domain/kinds.ts';
import type { Backup, Content, ObjectOf, StorageClass, VMBackup } from '../objects/types.ts';
import type { ListOptions, Reader } from '../ports/reader.ts';

/** Lists older than this are read again. */
const FRESH_MS = 5_000;

/**
 * Caches four lists (contents, VMBackups, Backups, StorageClasses) for up to 5 s, to map an event to its subjects. May
 * be stale: never decide by it. `get` and lists with options are not cached.
 *
 * When a target comes back, thousands of Backups finish within minutes, and each event asks which contents and
 * VMBackups name its Backup. The cache turns one list per event into one per 5 s. Nothing is missed: an object younger
 * than the list causes an event of its own.
 */
export function createListCache(reader: Reader, nowMs: () => number = Date.now): Reader {
  const contents = kept(() => readContents(reader), nowMs);
  const vmBackups = kept(() => readVMBackups(reader), nowMs);
  const backups = kept(() => readBackups(reader), nowMs);
  const storageClasses = kept(() => readStorageClasses(reader), nowMs);

  return {
    get: (kind, name, namespace) => reader.get(kind, name, namespace),
    async *list<K extends KindName>(kind: K, options?: ListOptions): AsyncGenerator<ObjectOf<K>> {
      if (kind === 'VolumeSnapshotContent' && options === undefined) {
        for (const content of await contents()) yield content as ObjectOf<K>;
      } else if (kind === 'VirtualMachineBackup' && options === undefined) {
        for (const backup of await vmBackups()) yield backup as ObjectOf<K>;
      } else if (kind === 'Backup' && options === undefined) {
        for (const backup of await backups()) yield backup as ObjectOf<K>;
      } else if (kind === 'StorageClass' && options === undefined) {
        for (const storageClass of await storageClasses()) yield storageClass as ObjectOf<K>;
      } else yield* reader.list(kind, options);
    },
    serves: (kind) => reader.serves(kind),
  };
}

/** Shares one read among all callers within `FRESH_MS`. Failures are not cached. */
function kept<T>(read: () => Promise<T>, nowMs: () => number): () => Promise<T> {
  let found: Promise<T> | undefined;
  let readAtMs = 0;
  return () => {
    if (found === undefined || nowMs() - readAtMs > FRESH_MS) {
      readAtMs = nowMs();
      const reading = read();
      found = reading;
      reading.catch(() => (found = undefined));
    }
    return found;
  };
}

// Without labels and annotations, which are most of an object. Subjects that are found are read again anyway.

async function readContents(reader: Reader): Promise<readonly Content[]> {
  const all: Content[] = [];
  for await (const { metadata, spec, status } of reader.list('VolumeSnapshotContent')) {
    const { name, uid, resourceVersion, ownerReferences } = metadata;
    all.push({ metadata: { name, uid, resourceVersion, ownerReferences, annotations: undefined }, spec, status });
  }
  return all;
}

async function readVMBackups(reader: Reader): Promise<readonly VMBackup[]> {
  const all: VMBackup[] = [];
  for await (const { metadata, spec, status } of reader.list('VirtualMachineBackup')) {
    const { name, namespace, uid, resourceVersion } = metadata;
    all.push({
      metadata: { name, namespace, uid, resourceVersion, annotations: undefined },
      spec,
      status: { source: undefined, readyToUse: status?.readyToUse, volumeBackups: status?.volumeBackups },
    });
  }
  return all;
}

async function readBackups(reader: Reader): Promise<readonly Backup[]> {
  const all: Backup[] = [];
  for await (const { metadata, spec, status } of reader.list('Backup')) {
    const { name, namespace, uid, resourceVersion, deletionTimestamp } = metadata;
    all.push({
      metadata: { name, namespace, uid, resourceVersion, deletionTimestamp, annotations: undefined },
      spec,
      status,
    });
  }
  return all;
}

/** There are few, and their annotations are needed: whole objects. */
async function readStorageClasses(reader: Reader): Promise<readonly StorageClass[]> {
  const all: StorageClass[] = [];
  for await (const one of reader.list('StorageClass')) all.push(one);
  return all;
}
