import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { faultsOf } from '../../../shared/capability/driver-config-faults.ts';
import { readClusterStorage } from '../../../shared/capability/read.ts';
import { readDrivers } from '../../../shared/objects/drivers.ts';
import * as w from './world.ts';

const faultsIn = async (objects: readonly KubeObject[], version = 'v1.8.0') =>
  faultsOf(await readClusterStorage(w.reading([...objects, w.version(version)])));
/** What somebody would have after pasting the command. */
function pasted(cure: string): unknown {
  const [, patch = ''] =
    /^kubectl patch settings\.harvesterhci\.io csi-driver-config --type=merge -p '([^']+)'$/.exec(cure) ?? [];
  return JSON.parse((JSON.parse(patch) as { value: string }).value);
}
const right = { [w.LONGHORN]: w.longhornEntry, [w.LVM]: w.lvmEntry() };

describe('nothing is said', () => {
  test.each<[string, KubeObject[], string?]>([
    ['of what Harvester brings', w.world()],
    ['of a driver with a class of its own', w.world(w.withLvm())],
    ['of one without any', w.world(w.withLvm(''))],
    [
      'of a class for backups that this release refuses to use',
      w.world(w.withLvm('lvm-snapshot', 'lvm-snapshot')),
      'v1.6.0',
    ],
    ['of the same where the release is not known', w.world(w.withLvm('lvm-snapshot', 'lvm-snapshot')), 'dev'],
    ['where there is no such Setting', w.without(w.world(), w.config())],
  ])('%s', async (_what, objects, version = 'v1.8.0') => expect(await faultsIn(objects, version)).toEqual([]));

  test('of what may not be read', async () => {
    const reader = w.forbidding(w.reading(w.world(w.config('{'))), 'Setting');
    expect(faultsOf(await readClusterStorage(reader))).toEqual([]);
  });
});

describe('what is wrong comes with the right value, ready to paste', () => {
  test.each<[string, KubeObject[], string[], object, string?]>([
    ['no JSON', w.world(w.config('{"driver')), ['ConfigInvalid'], right],
    ['JSON of another kind', w.world(w.config('[]')), ['ConfigInvalid'], right],
    ['a class that is missing', w.world(w.withLvm('gone')), ['ConfigClassMissing'], right],
    ['a class of another driver', w.world(w.withLvm('longhorn-snapshot')), ['ConfigClassOfOtherDriver'], right],
    ['Longhorn left out', w.world(w.config({ [w.LVM]: w.lvmEntry() })), ['ConfigWithoutLonghorn'], right],
    ['backups that are none', w.world(w.withLvm('lvm-snapshot', 'lvm-snapshot')), ['HollowBackups'], right, 'v1.9.0'],
    [
      'a driver without a class to give it',
      w.without(w.world(w.withLvm('gone')), w.lvmClass),
      ['ConfigClassMissing'],
      { ...right, [w.LVM]: w.lvmEntry('') },
    ],
  ])('%s', async (_what, objects, reasons, value, version = 'v1.8.0') => {
    const faults = await faultsIn(objects, version);
    expect(faults.map(({ reason }) => reason)).toEqual(reasons);
    expect(pasted(faults[0]!.cure)).toEqual(value);
    const healed = objects.map((o) => (o.metadata.name === 'csi-driver-config' ? w.config(value) : o));
    expect(await faultsIn(healed, version)).toEqual([]);
  });

  test('of several classes the default one is taken', async () => {
    const preferred = make.snapshotClass('z-default', w.LVM);
    preferred.metadata.annotations = { 'snapshot.storage.kubernetes.io/is-default-class': 'true' };
    const [fault] = await faultsIn([...w.world(w.withLvm('gone')), preferred]);
    expect(pasted(fault!.cure)).toEqual({ ...right, [w.LVM]: w.lvmEntry('z-default') });
  });

  test('Longhorn’s own class has to come back: no value can give another', async () => {
    const [fault] = await faultsIn(w.without(w.world(), make.snapshotClass('longhorn-snapshot', w.LONGHORN)));
    expect(fault!.cure).toMatch(/^echo '\{.*"name":"longhorn-snapshot".*"type":"snap".*\}' \| kubectl apply -f -$/);
  });
});

describe('of the Setting nothing passes but names', () => {
  const secret = make.secretMarker;
  test.each([
    ['a key that is no driver', { [`x ${secret}`]: {} }],
    ['a class that is no name', { 'a.example.com': { volumeSnapshotClassName: `'; ${secret}` } }],
    ['other fields', { 'a.example.com': { volumeSnapshotClassName: 'a', password: secret } }],
    ['an entry that is a text', { 'a.example.com': secret }],
  ])('%s', (_what, value) => expect(JSON.stringify(readDrivers(JSON.stringify(value)))).not.toContain(secret));

  test('nor of one that is cut off', () => {
    expect(JSON.stringify(readDrivers(`{"a":"${secret}`))).not.toContain(secret);
  });
});
