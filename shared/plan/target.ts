import type { Ref } from '../domain/kinds.ts';

/** What every action names: the object it writes to, and the metadata of one that it creates. */

/** Names one object and no other of that name. */
export interface Identity extends Ref {
  readonly uid: string;
}

/** Names one object as it was observed: a write to a later version of it is refused. */
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
