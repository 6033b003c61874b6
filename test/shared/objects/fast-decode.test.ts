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

describe('what is unusual is read as the schema reads it, or left to the schema', () => {
  /** One field, anywhere, replaced by something else or taken away. */
  function mutate(json: any, path: number, value: unknown): unknown {
    const places: [any, string][] = [];
    const walk = (at: any) => {
      for (const key of Object.keys(at)) {
        places.push([at, key]);
        if (typeof at[key] === 'object' && at[key] !== null) walk(at[key]);
      }
    };
    const copy = structuredClone(json);
    walk(copy);
    const [at, key] = places[path % places.length]!;
    if (value === 'gone') delete at[key];
    else at[key] = value;
    return JSON.parse(JSON.stringify(copy));
  }
  const values = fc.oneof(
    fc.constant('gone'),
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constant([]),
    fc.constant({}),
    fc.constant({ a: 1 }),
    fc.constant(['x', 1]),
  );

  test.each(Object.keys(samples))('%s', (name) => {
    const kind = name as KindName;
    fc.assert(
      fc.property(fc.nat(), values, (path, value) => {
        const json = mutate(withVersion(samples[kind]), path, value);
        const quick = decodeFast(kind, json);
        if (quick !== undefined)
          expect(schemas[kind].safeParse(json)).toEqual(expect.objectContaining({ success: true, data: quick }));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['broken', 'not-ours', 'restore-hanging', 'scheduled-not-final'])('every object of "%s"', (scenario) => {
    for (const object of findScenario(scenario).objects({ harvester: '1.6', longhorn: '1.9' })) {
      if (!isKindName(object.kind)) continue;
      const json = withVersion(object);
      const quick = decodeFast(object.kind, json);
      if (quick !== undefined) expect(quick).toEqual(schemas[object.kind].parse(json));
    }
  });
});
