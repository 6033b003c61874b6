import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { describeRef, isKindName, kinds, ref, refKey } from '../../../shared/domain/kinds.ts';

describe('ref', () => {
  test.each([
    [ref('VolumeSnapshot', 'web', 'prod'), { kind: 'VolumeSnapshot', name: 'web', namespace: 'prod' }],
    [ref('VolumeSnapshot', 'web'), { kind: 'VolumeSnapshot', name: 'web' }],
    [ref('VolumeSnapshot', 'web', ''), { kind: 'VolumeSnapshot', name: 'web' }],
    // A cluster-scoped object has no namespace, whoever gives one.
    [ref('VolumeSnapshotContent', 'web-vsc', 'prod'), { kind: 'VolumeSnapshotContent', name: 'web-vsc' }],
  ])('%j', (made, is) => expect(made).toStrictEqual(is));
});

test.each([
  [ref('VolumeSnapshot', 'web', 'prod'), 'VolumeSnapshot prod/web'],
  [ref('VolumeSnapshotContent', 'web-vsc'), 'VolumeSnapshotContent web-vsc'],
  [ref('PersistentVolumeClaim', 'data', 'prod'), 'PersistentVolumeClaim prod/data'],
])('a message names it %j', (one, text) => expect(describeRef(one)).toBe(text));

test('two references have one key if and only if they point at one object', () => {
  const kind = fc.constantFrom<KindName>('VolumeSnapshot', 'VolumeSnapshotContent', 'Backup');
  const name = fc.constantFrom('a', 'b', 'prod');
  const one = fc.record({ kind, name, namespace: fc.option(name, { nil: undefined }) });
  fc.assert(
    fc.property(one, one, (a, b) => {
      const [first, second] = [a, b].map(({ kind, name, namespace }) => ref(kind, name, namespace));
      expect(refKey(first!) === refKey(second!)).toBe(JSON.stringify(first) === JSON.stringify(second));
    }),
  );
});

test.each([
  ['VirtualMachineBackup', true],
  ['Backup', true],
  ['backup', false],
  ['', false],
  ['Secret', false],
  ['toString', false],
  ['__proto__', false],
])('isKindName(%j) is %p', (text, is) => expect(isKindName(text)).toBe(is));

test.each([
  ['PersistentVolumeClaim', '', true],
  ['VolumeSnapshotContent', 'snapshot.storage.k8s.io', false],
  ['VirtualMachineBackup', 'harvesterhci.io', true],
  ['Backup', 'longhorn.io', true],
] as const)('%s is served in group %j, namespaced: %p', (kind, group, namespaced) => {
  expect(kinds[kind]).toMatchObject({ group, namespaced });
});
