import type { Ref } from '../domain/kinds.ts';

/** The object that an action writes to, and the metadata of an object that it creates. */

/** Identifies one object by uid: another object of the same name does not match. */
export interface Identity extends Ref {
  readonly uid: string;
}

/** Identifies one version of an object: a write is refused if the object changed since it was observed. */
export interface Target extends Identity {
  readonly resourceVersion: string;
}

export interface NewMeta {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}
