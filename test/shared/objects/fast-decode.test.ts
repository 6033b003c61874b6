import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as make from '../../../sandbox/scenarios/build.ts';
import { findScenario } from '../../../sandbox/scenarios/index.ts';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { isKindName } from '../../../shared/domain/kinds.ts';
import { decodeFast } from '../../../shared/objects/fast-decode.ts';
import { schemas } from '../../../shared/objects/schemas.ts';

const owner = make.vmBackup({ name: 'nightly', entries: [] });
const entries = [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' })];
const samples: Partial<Record<KindName, object>> = {
  VirtualMachineBackup: make.vmBackup({ name: 'nightly', entries }),
  Backup: make.backup({ volume: 'pvc-1', backup: 'backup-1', version: '1.9' }),
  BackupVolume: make.backupVolume('pvc-1', '1.9'),
  VolumeSnapshotContent: make.content({ snapshot: 's', handle: 'bak://pvc-1/backup-1' }, make.ownedBy(owner)),
  VolumeSnapshot: make.snapshot({ name: 's' }, make.ownedBy(owner), make.annotated({ a: 'b' })),
};
const withVersion = (object: any) => ({ ...object, metadata: { resourceVersion: '7', ...object.metadata } });

test.each(Object.keys(samples))('the usual %s is read quickly, and as the schema reads it', (kind) => {
  const json = withVersion(samples[kind as KindName]);
  expect(decodeFast(kind as KindName, json)).toEqual(schemas[kind as KindName].parse(json));
});

/** What the fast decoder says of it, if anything, the schema says too. */
function agree(kind: KindName, json: unknown): void {
  const quick = decodeFast(kind, json);
  if (quick === undefined) return;
  expect(schemas[kind].safeParse(json)).toEqual(expect.objectContaining({ success: true, data: quick }));
}

test.each<[string, KindName, (json: any) => void]>([
  ['a namespace on what has none', 'VolumeSnapshotContent', (o) => (o.metadata.namespace = 'prod')],
  ['a number that no float holds', 'VolumeSnapshotContent', (o) => (o.status.creationTime = JSON.parse('1e999'))],
  ['the same in an entry', 'VirtualMachineBackup', (o) => (o.status.volumeBackups[0].volumeSize = JSON.parse('1e999'))],
  ['a key that is no key', 'Backup', (o) => (o.status.labels = JSON.parse('{"__proto__":"x","a":"b"}'))],
])('%s is left to the schema', (_what, kind, meddle) => {
  const json = withVersion(structuredClone(samples[kind]));
  meddle(json);
  expect(decodeFast(kind, json)).toBeUndefined();
  agree(kind, json);
});

describe('what is unusual is read as the schema reads it, or left to the schema', () => {
  /** Every place that a value stands at, as the object or list and the key there. */
  function placesIn(json: any): [any, string][] {
    const own = Object.keys(json).map((key): [any, string] => [json, key]);
    return own.concat(own.flatMap(([at, key]) => (isBranch(at[key]) ? placesIn(at[key]) : [])));
  }
  const isBranch = (value: unknown) => typeof value === 'object' && value !== null;

  // Every field that some schema knows, wherever it belongs: a field too many is as odd as one that is missing.
  const fields = [
    ...new Set(Object.values(samples).flatMap((one) => placesIn(one).map(([, key]) => key))),
    ...['namespace', 'deletionTimestamp', 'creationTimestamp', 'ownerReferences', 'error', 'sourceUID', 'endpoint'],
    ...['backupTargetName', 'syncRequestedAt', 'fsFreezeDeadline', 'sourceVolumeMode', 'resources', 'requests'],
    ...['controller', 'blockOwnerDeletion', 'lastUpdateTime', 'kubectl.kubernetes.io/last-applied-configuration'],
    '__proto__',
  ];
  const values = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, '', 'x', 0, 1.5, [], {}, { a: 'b' }, ['x', 1]) },
    { weight: 1, arbitrary: fc.constantFrom('s3://me:secret@host/a', 'a@b/c', 'bak://v/b') },
    { weight: 1, arbitrary: fc.constant(JSON.parse('1e999') as unknown) },
    { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...fields), fc.oneof(fc.string(), fc.jsonValue())) },
  );
  const changes = fc.record({
    place: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'add'),
    field: fc.constantFrom(...fields),
    value: values,
  });
  /** `JSON.parse` has no other way either to make an own field of that name. */
  const set = (at: object, key: string, value: unknown) =>
    Object.defineProperty(at, key, { value, enumerable: true, writable: true, configurable: true });

  /** A few of its fields, at any depth, replaced, taken away or added. */
  function mutate(json: any, all: readonly { place: number; how: string; field: string; value: unknown }[]): unknown {
    const copy = structuredClone(json);
    for (const { place, how, field, value } of all) {
      const places = placesIn(copy);
      const [at, key] = places[place % Math.max(places.length, 1)] ?? [copy, 'metadata'];
      if (how === 'remove' && Array.isArray(at)) at.splice(Number(key), 1);
      else if (how === 'remove') delete at[key];
      else if (how === 'replace' || !isBranch(at[key])) set(at, key, structuredClone(value));
      else if (Array.isArray(at[key])) at[key].push(structuredClone(value));
      else set(at[key], field, structuredClone(value));
    }
    return copy;
  }

  test.each(Object.keys(samples))('%s', (name) => {
    const kind = name as KindName;
    const one = fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (all) =>
      agree(kind, mutate(withVersion(samples[kind]), all)),
    );
    fc.assert(one, { numRuns: 2_000 });
  });

  test.each(Object.keys(samples))('%s of anything at all', (name) => {
    const kind = name as KindName;
    const part = fc.dictionary(fc.constantFrom(...fields), values);
    const any = fc.oneof(values, fc.record({ metadata: part, spec: part, status: part }, { requiredKeys: [] }));
    fc.assert(
      fc.property(any, (json) => agree(kind, json)),
      { numRuns: 2_000 },
    );
  });

  test.each(['broken', 'not-ours', 'restore-hanging', 'scheduled-not-final'])('every object of "%s"', (scenario) => {
    for (const object of findScenario(scenario).objects({ harvester: '1.6', longhorn: '1.9' })) {
      if (!isKindName(object.kind)) continue;
      agree(object.kind, withVersion(object));
    }
  });
});
