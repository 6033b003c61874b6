import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { restoreContentName, restoreSnapshotName } from '../../../shared/domain/restore-names.ts';
import { readRestore } from '../../../shared/restore/hanging.ts';
import type { SeenRestore } from '../../../shared/restore/seen-hanging.ts';
import { readerOf } from '../../gen/reader.ts';
import { aged, B, healthy, N, V } from '../chain/chains.ts';

/** A restore into another namespace that waits for its claim, and that nothing keeps. */

const claimName = 'restore-data';
export const snapshotName = await restoreSnapshotName('r', N);
export const contentName = await restoreContentName('finance', 'r', N);
export const right = `bak://${V}/${B}`;

export const restore = make.vmRestore(
  { name: 'r', namespace: 'finance', backup: 'nightly' },
  make.withStatus({
    complete: false,
    restores: [
      { volumeName: 'disk-0', persistentVolumeClaimSpec: { metadata: { name: claimName, namespace: 'finance' } } },
    ],
  }),
  aged(5),
);
export const claim = make.claim(
  claimName,
  'finance',
  make.withSpec({ volumeName: undefined, dataSource: { kind: 'VolumeSnapshot', name: snapshotName } }),
  (o) => void (o['status'] = { phase: 'Pending' }),
  aged(5),
);
export const snapshot = make.snapshot({ name: snapshotName, namespace: 'finance', content: contentName }, aged(5));
export const content = make.content(
  { name: contentName, snapshot: snapshotName, namespace: 'finance', handle: right, policy: 'Retain' },
  aged(5),
);
export const waiting: KubeObject[] = [...healthy, restore, claim, snapshot, content];

/** That world with one of its objects changed; a modifier has it for itself. */
export function but(one: KubeObject, ...modifiers: make.Modifier[]): KubeObject[] {
  const copy = structuredClone(one);
  for (const modify of modifiers) modify(copy);
  return waiting.map((o) => (o === one ? copy : o));
}
export const lacking = (...gone: (KubeObject | string)[]): KubeObject[] =>
  waiting.filter((o) => !gone.includes(o) && !gone.includes(o.kind));
export const ofKind = (kind: string): KubeObject => healthy.find((o) => o.kind === kind)!;

/** What is seen of the restore `r`. */
export async function seenIn(world: readonly KubeObject[], namespace = 'finance'): Promise<SeenRestore> {
  const reader = readerOf(world);
  const found = await reader.get('VirtualMachineRestore', 'r', namespace);
  return readRestore(reader, found!);
}
