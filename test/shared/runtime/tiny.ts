import * as z from 'zod/mini';
import { SWAP_ANNOTATION } from '../../../shared/domain/names.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { defineFunction } from '../../../shared/function.ts';
import { GoneError } from '../../../shared/ports/errors.ts';
import type { KubeClient } from '../../../shared/kube/client.ts';
import type { JsonPatchOperation } from '../../../shared/ports/writer.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import type { Snapshot } from '../../../shared/objects/types.ts';
import { snapshotJson } from '../kube/stub.ts';

/** The smallest function that reads, thinks and writes: takes a note off snapshots. */
export const tiny = defineFunction<Snapshot | undefined, { keep: 'yes' | 'no' }>({
  name: 'clear-note',
  summary: 'Takes a note off snapshots.',
  watches: [{ kind: 'VolumeSnapshot', mode: 'resource' }],
  needs: [],
  config: z.strictObject({ keep: z._default(z.enum(['yes', 'no']), 'no') }),
  route(change) {
    const subject = ref(change.kind, change.name, change.namespace);
    const clean = change.kind === 'VolumeSnapshot' && change.object !== undefined && !isNoted(change.object);
    if (change.type !== 'delete' && !clean) return { subjects: [subject] };
    return { findings: [{ subject, reason: 'VolumeLinked', message: 'no note', actions: [] }] };
  },
  triage: () => ({ findings: [] }),
  observe: (reader, subject) => reader.get('VolumeSnapshot', subject.name, subject.namespace),
  plan(seen, { keep }) {
    if (seen === undefined || !isNoted(seen) || keep === 'yes') return { findings: [] };
    const { name, namespace, uid, resourceVersion, annotations } = seen.metadata;
    const target = { kind: 'VolumeSnapshot', name, namespace, uid, resourceVersion } as const;
    const from = annotations?.[SWAP_ANNOTATION];
    const action = { do: 'annotateSnapshot', target, key: SWAP_ANNOTATION, value: undefined, from } as const;
    const finding = {
      subject: target,
      reason: 'ClearNote',
      message: `the note on ${name}`,
      actions: [action],
    } as const;
    return { findings: [finding] };
  },
});

const isNoted = (snapshot: Snapshot): boolean => snapshot.metadata.annotations?.[SWAP_ANNOTATION] !== undefined;

export const notedJson = (name: string) => {
  const plain = snapshotJson(name);
  return { ...plain, metadata: { ...plain.metadata, annotations: { [SWAP_ANNOTATION]: 'note' } } };
};

export interface World {
  readonly snapshots: Map<string, Snapshot>;
  /** Calls since the start. */
  reads: number;
  writes: number;
  /** Thrown by the next read, once. */
  failure?: Error | undefined;
  /** Thrown by every write of the snapshot of this name. */
  readonly refused: Map<string, Error>;
  /** Awaited by every read. */
  gate: Promise<void>;
  readonly connect: () => Promise<KubeClient>;
  connections: number;
}

/** Snapshots in memory. Does not: check patches (it takes every annotation away), know other kinds, list. */
export function world(...names: string[]): World {
  const snapshots = new Map(names.map((name) => [name, schemas.VolumeSnapshot.parse(notedJson(name))]));
  const reader = {
    async get(_kind: string, name: string) {
      state.reads++;
      const { failure } = state;
      state.failure = undefined;
      await state.gate;
      if (failure !== undefined) throw failure;
      return state.snapshots.get(name);
    },
  };
  const writer = {
    async patch(_kind: string, name: string, _namespace: string, _operations: readonly JsonPatchOperation[]) {
      const refusal = state.refused.get(name);
      if (refusal !== undefined) throw refusal;
      state.writes++;
      const snapshot = state.snapshots.get(name);
      if (snapshot === undefined) throw new GoneError('gone', 404);
      const next = { ...snapshot, metadata: { ...snapshot.metadata, annotations: undefined } };
      state.snapshots.set(name, next);
      return next;
    },
  };
  const state: World = {
    snapshots,
    reads: 0,
    writes: 0,
    refused: new Map(),
    gate: Promise.resolve(),
    connections: 0,
    connect: () => {
      state.connections++;
      const client = { reader, writer, server: 'memory', namespace: 'default', close: () => Promise.resolve() };
      return Promise.resolve(client as unknown as KubeClient);
    },
  };
  return state;
}

/** As the ApiServerSource sends it, in Resource mode. */
export const snapshotEvent = (name: string, data: unknown = notedJson(name), changes: object = {}) => ({
  specversion: '1.0',
  id: `e-${name}`,
  source: 'https://10.43.0.1:443',
  type: 'dev.knative.apiserver.resource.update',
  kind: 'VolumeSnapshot',
  apiversion: 'snapshot.storage.k8s.io/v1',
  name,
  namespace: 'prod',
  datacontenttype: 'application/json',
  data,
  ...changes,
});
