/** Small helpers over Kubernetes objects that several controllers need. */
import { createHash } from 'node:crypto';
import type { ApiClient, KubeObject, OwnerReference } from '../api/types.ts';
import * as kinds from './kinds.ts';
import { isNotFound } from './loop.ts';

export const keyOf = (object: KubeObject) =>
  object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;

/** `ns/name` → its two parts; a bare name has no namespace. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: slash < 0 ? '' : key.slice(0, slash), name: key.slice(slash + 1) };
}

export const isDeleting = (object: KubeObject) => object.metadata.deletionTimestamp !== undefined;
export const hasFinalizer = (object: KubeObject, name: string) => object.metadata.finalizers?.includes(name) ?? false;
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);

/** Kubernetes times have no fractions of a second. */
export const timestamp = (at: Date = new Date()) => at.toISOString().replace(/\.\d+Z$/, 'Z');
export const sha = (text: string, algorithm = 'sha256') => createHash(algorithm).update(text).digest('hex');

/** Adds or removes finalizers by writing the whole list, as the real controllers do; nothing is written without need. */
export async function setFinalizers(
  client: ApiClient,
  kind: string,
  object: KubeObject,
  change: { add?: string[]; remove?: string[] },
): Promise<KubeObject | undefined> {
  const before = object.metadata.finalizers ?? [];
  const after = before.filter((name) => !change.remove?.includes(name));
  for (const name of change.add ?? []) if (!after.includes(name)) after.push(name);
  if (after.length === before.length && after.every((name, index) => name === before[index])) return object;
  try {
    return await client.mergePatch(kind, object.metadata.name, object.metadata.namespace, {
      metadata: { finalizers: after, resourceVersion: object.metadata.resourceVersion },
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Deletes, and does not mind if it is gone. */
export async function remove(client: ApiClient, kind: string, name: string, namespace?: string): Promise<void> {
  try {
    await client.delete(kind, name, namespace);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** A core/v1 Event on an object; the same message again only raises its count. */
export async function recordEvent(
  client: ApiClient,
  object: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  component: string,
): Promise<void> {
  const namespace = object.metadata.namespace ?? 'default';
  const name = `${object.metadata.name}.${sha(`${object.metadata.uid}${reason}${message}`).slice(0, 16)}`;
  const seen = await client.get(kinds.Event, name, namespace);
  const now = timestamp();
  if (seen) {
    await client.mergePatch(kinds.Event, name, namespace, { count: (seen['count'] ?? 1) + 1, lastTimestamp: now });
    return;
  }
  await client.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name: object.metadata.name,
      ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
      uid: object.metadata.uid,
    },
    type,
    reason,
    message,
    source: { component },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
}
