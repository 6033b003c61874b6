import type { KindName } from '../domain/kinds.ts';
import type { ObjectOf } from '../objects/types.ts';

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** No kind of Longhorn's or Harvester's is among them. Of claims and pods only a drill's own are deleted. */
export type Deletable = 'VolumeSnapshot' | 'VolumeSnapshotContent' | 'PersistentVolumeClaim' | 'Pod';

/** The few raw writes there are; only `shared/kube/apply.ts` calls them. Every one answers the object as it now is. */
export interface Writer {
  /** @throws AlreadyExistsError */
  create<K extends KindName>(kind: K, object: object): Promise<ObjectOf<K>>;
  /** @throws ConflictError when a `test` fails or the version moved; GoneError when the object is gone */
  patch<K extends KindName>(
    kind: K,
    name: string,
    namespace: string | undefined,
    operations: readonly JsonPatchOperation[],
  ): Promise<ObjectOf<K>>;
  /**
   * As `patch`, of a Setting, with its value edited as well. What the value holds (keys, perhaps) is read here, changed,
   * written under the patch's own tests, and never given to anybody else.
   * @throws ConflictError when it is not JSON, or when a `test` fails; GoneError
   */
  patchValue(
    name: string,
    operations: readonly JsonPatchOperation[],
    fields: Readonly<Record<string, number>>,
  ): Promise<ObjectOf<'Setting'>>;
  /** Answers the object while finalizers hold it, undefined when it is gone. @throws ConflictError, GoneError */
  delete<K extends Deletable>(
    kind: K,
    name: string,
    namespace: string | undefined,
    preconditions: { readonly uid: string; readonly resourceVersion: string },
  ): Promise<ObjectOf<K> | undefined>;
}
