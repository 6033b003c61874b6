import type { KubeObject } from '../../../sandbox/api/types.ts';
import { baseWorld } from '../../../sandbox/scenarios/base.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { ForbiddenError } from '../../../shared/ports/errors.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { readerOf } from '../../gen/reader.ts';

/** Clusters with storage of several kinds. */

export const LVM = 'lvm.driver.harvesterhci.io';
export const LONGHORN = 'driver.longhorn.io';
export const longhornEntry = {
  volumeSnapshotClassName: 'longhorn-snapshot',
  backupVolumeSnapshotClassName: 'longhorn',
};
export const lvmEntry = (snapshot = 'lvm-snapshot', backup = '') => ({
  volumeSnapshotClassName: snapshot,
  backupVolumeSnapshotClassName: backup,
});
const brought = JSON.stringify({ [LONGHORN]: longhornEntry });

/** The Setting as Harvester brings it, with a value somebody wrote. */
export const config = (value?: object | string): KubeObject =>
  make.setting('csi-driver-config', {
    default: brought,
    value: typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value),
  });
export const withLvm = (snapshot?: string, backup?: string) =>
  config({ [LONGHORN]: longhornEntry, [LVM]: lvmEntry(snapshot, backup) });

export const version = (value: string): KubeObject => make.setting('server-version', { value });
export const fast = make.storageClass('lvm-fast', LVM, { type: 'dm-thin' });
const v2 = make.storageClass('longhorn-v2', LONGHORN, { dataEngine: 'v2', numberOfReplicas: '1' });
export const lvmClass = make.snapshotClass('lvm-snapshot', LVM);
export const lvmDriver = make.csiDriver(LVM);
export const lvmSnapshotter = make.snapshotterDeployment(LVM, 'harvester-system');

const isSame = (a: KubeObject, b: KubeObject) =>
  a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;

/** What there is, later objects in place of earlier ones of the same name. */
export function world(...objects: readonly KubeObject[]): KubeObject[] {
  const all = [...baseWorld(), fast, v2, lvmDriver, lvmClass, lvmSnapshotter, config(), ...objects];
  return all.filter((one, index) => !all.slice(index + 1).some((later) => isSame(one, later)));
}
export const without = (objects: readonly KubeObject[], ...gone: readonly KubeObject[]): KubeObject[] =>
  objects.filter((one) => !gone.some((other) => isSame(one, other)));

export const served: readonly KindName[] = ['VolumeSnapshotClass'];
export const reading = (objects: readonly KubeObject[], kinds = served): Reader => readerOf(objects, kinds);

/** A reader that may not read these kinds. */
export function forbidding(reader: Reader, ...kinds: readonly KindName[]): Reader {
  const refuse = (kind: KindName) => {
    if (kinds.includes(kind)) throw new ForbiddenError(`the right to list ${kind} is missing`, 403);
  };
  return {
    get: async (kind, name, namespace) => {
      refuse(kind);
      return reader.get(kind, name, namespace);
    },
    async *list(kind, options) {
      refuse(kind);
      yield* reader.list(kind, options);
    },
    serves: (kind) => reader.serves(kind),
  };
}
