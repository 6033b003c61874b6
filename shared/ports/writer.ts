import type { KindName } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';

/** One operation of a JSON patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/**
 * Kinds that may be deleted. No kind of Longhorn or Harvester is among them. Claims and pods are deleted only if a
 * drill or a probe created them.
 */
export type Deletable = 'VolumeSnapshot' | 'VolumeSnapshotContent' | 'PersistentVolumeClaim' | 'Pod';

/**
 * Raw writes to the cluster. Only `shared/kube/apply.ts` calls them. Each returns the object as stored.
 * All throw RetryableError and TerminalError besides the errors that they list.
 */
export interface Writer {
  /**
   * Creates an object.
   * @throws AlreadyExistsError if the name is taken
   */
  create<K extends KindName>(kind: K, object: object): Promise<ObjectOf<K>>;
  /**
   * Applies a JSON patch.
   * @throws ConflictError if a `test` fails or the version changed; GoneError if the object does not exist
   */
  patch<K extends KindName>(
    kind: K,
    name: string,
    namespace: string | undefined,
    operations: readonly JsonPatchOperation[],
  ): Promise<ObjectOf<K>>;
  /**
   * As `patch` for a Setting, and also sets `fields` in its JSON value. The value may hold credentials: it is read
   * here, changed, written under the patch's own tests, and never returned.
   * @throws ConflictError if the value is not JSON or a `test` fails; GoneError
   */
  patchValue(
    name: string,
    operations: readonly JsonPatchOperation[],
    fields: Readonly<Record<string, number>>,
  ): Promise<ObjectOf<'Setting'>>;
  /**
   * Deletes an object under uid and resourceVersion preconditions. Returns the object while finalizers hold it,
   * `undefined` once it is gone.
   * @throws ConflictError, GoneError
   */
  delete<K extends Deletable>(
    kind: K,
    name: string,
    namespace: string | undefined,
    preconditions: { readonly uid: string; readonly resourceVersion: string },
  ): Promise<ObjectOf<K> | undefined>;
}
