import * as z from 'zod/mini';

/** Schemas that several kinds share. */

export const text = z.string();

/** A text of which only `part` is kept. */
export const textBut = (part: (whole: string) => string) =>
  z.pipe(
    z.nullish(text),
    z.transform((whole) => whole && part(whole)),
  );

export const stringMap = z.record(text, text);

const OwnerReference = once(() =>
  z.object({
    apiVersion: text,
    kind: text,
    name: text,
    uid: text,
    controller: z.optional(z.boolean()),
    blockOwnerDeletion: z.optional(z.boolean()),
  }),
);

const metadata = once(() => ({
  name: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: z.nullish(text),
  deletionTimestamp: z.nullish(text),
  labels: z.nullish(stringMap),
  annotations: z.pipe(z.nullish(stringMap), z.transform(withoutLastApplied)),
  ownerReferences: z.nullish(z.array(OwnerReference())),
  finalizers: z.nullish(z.array(text)),
}));

export const ClusterMeta = once(() => z.object(metadata()));

export const NamespacedMeta = once(() => z.object({ ...metadata(), namespace: text }));

export const Condition = once(() =>
  z.object({ type: text, status: text, reason: z.nullish(text), message: z.nullish(text) }),
);

/** Harvester's form of a condition. */
export const UpdatedCondition = once(() =>
  z.object({ ...Condition().shape, lastUpdateTime: z.nullish(text), lastTransitionTime: z.nullish(text) }),
);

export const DatedCondition = once(() =>
  z.object({
    type: text,
    status: text,
    reason: z.nullish(text),
    lastProbeTime: z.nullish(text),
    lastTransitionTime: z.nullish(text),
  }),
);

/** An `ObjectReference`. */
export const Regarding = once(() =>
  z.object({
    kind: z.nullish(text),
    name: z.nullish(text),
    namespace: z.nullish(text),
    uid: z.nullish(text),
  }),
);

export const ObjectError = once(() => z.object({ message: z.nullish(text), time: z.nullish(text) }));

export const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

// kubectl's copy of the applied object may repeat secrets, and is useless on a new object.
function withoutLastApplied(annotations: Record<string, string> | null | undefined) {
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration'] === undefined) return annotations;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _dropped, ...rest } = annotations;
  return rest;
}

export function once<T>(build: () => T): () => T {
  let built: T | undefined;
  return () => (built ??= build());
}
