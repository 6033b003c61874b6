import type { KubeObject } from '../../sandbox/api/types.ts';
import type { KindName } from '../../shared/domain/kinds.ts';
import { decodeOrThrow } from '../../shared/kube/decode.ts';
import type { ObjectOf } from '../../shared/objects/types.ts';

/** An object of the sandbox's builders as Gleaner reads it. @throws UnreadableError */
export const decoded = <K extends KindName>(kind: K, object: KubeObject): ObjectOf<K> =>
  decodeOrThrow(kind, { ...object, metadata: { resourceVersion: '1', ...object.metadata } });
