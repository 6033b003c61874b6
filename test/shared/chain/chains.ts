import type { KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { Chain } from '../../../shared/chain/chain.ts';
import { readChain } from '../../../shared/chain/read-chain.ts';
import { readerOf } from '../../gen/reader.ts';

/** One healthy VMBackup of one volume, pre-provisioned, and all that its restore depends on. */

export const nowMs = Date.parse('2025-06-01T00:00:00Z');
export const ago = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString();
export const aged: (minutes: number) => make.Modifier = (minutes) => (o) =>
  void (o.metadata.creationTimestamp = ago(minutes));
export const V = make.volumeOf('data');
export const B = make.backupOf('data', 'nightly');
export const N = 'nightly-volume-data';

const owner = make.vmBackup({ name: 'nightly', entries: [] });
export const healthy: KubeObject[] = [
  ...baseWorld(),
  make.vmBackup({
    name: 'nightly',
    entries: [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data' })],
  }),
  make.snapshot({ name: N }, make.ownedBy(owner)),
  make.content({ snapshot: N, handle: `bak://${V}/${B}` }),
  make.backup({ volume: V, backup: B, version: '1.9' }),
  make.backupVolume(V, '1.9'),
];

/** The healthy world with every object of that kind changed. */
export const but = (kind: string, ...modifiers: make.Modifier[]): KubeObject[] =>
  healthy.map((o) => {
    if (o.kind !== kind) return o;
    const copy = structuredClone(o);
    for (const modify of modifiers) modify(copy);
    return copy;
  });
/** The healthy world without that kind. */
export const without = (kind: string, world = healthy): KubeObject[] => world.filter((o) => o.kind !== kind);

/** The first entry of the VMBackup, changed. */
export const entry = (fields: object): KubeObject[] =>
  but('VirtualMachineBackup', (o) => void Object.assign(o['status'].volumeBackups[0], fields));

export async function chainOf(world: readonly KubeObject[]): Promise<Chain> {
  const reader = readerOf(world);
  const backup = await reader.get('VirtualMachineBackup', 'nightly', 'prod');
  if (backup === undefined) throw new Error('the world has no VMBackup');
  return readChain(reader, backup, { classes: true });
}
