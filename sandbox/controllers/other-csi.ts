/**
 * Storage that is not Longhorn's: a CSI driver that keeps volumes and snapshots in memory and, as LVM does, deletes no
 * volume of which there is a snapshot. What it can is set while it runs.
 *
 * What it does not do: data, sizes, nodes, cloning from a volume.
 */
import { type CsiDriver, GrpcError } from './csi.ts';

export const otherDriver = 'lvm.driver.harvesterhci.io';

export interface OtherStorage {
  provisions: 'yes' | 'no';
  /** Of which mode its volumes may be. */
  modes: 'both' | 'Block' | 'Filesystem';
  /** `refuses`: the call is not implemented; `hangs`: never ready; `absent`: no csi-snapshotter asks it at all. */
  snapshots: 'yes' | 'refuses' | 'hangs' | 'absent';
  restores: 'yes' | 'no';
}

export interface OtherCsi {
  readonly can: OtherStorage;
  /** Volume to the snapshot it was made from, or ''. */
  readonly volumes: ReadonlyMap<string, string>;
  /** Snapshot to the volume it is of. */
  readonly snapshots: ReadonlyMap<string, string>;
  readonly driver: CsiDriver;
}

export function otherCsi(): OtherCsi {
  const can: OtherStorage = { provisions: 'yes', modes: 'both', snapshots: 'yes', restores: 'yes' };
  const volumes = new Map<string, string>();
  const snapshots = new Map<string, string>();
  const driver: CsiDriver = {
    async createVolume({ name, volumeMode, handle = '' }) {
      if (volumes.has(name)) return { volumeId: name };
      if (can.provisions === 'no') throw new GrpcError('ResourceExhausted', 'the volume group is full');
      if (can.modes !== 'both' && can.modes !== volumeMode)
        throw new GrpcError('InvalidArgument', `volumes of mode ${volumeMode} are not supported`);
      if (handle !== '' && !snapshots.has(handle)) throw new GrpcError('NotFound', `snapshot ${handle} is not found`);
      if (handle !== '' && can.restores === 'no') throw new GrpcError('Internal', 'cannot activate the snapshot');
      volumes.set(name, handle);
      return { volumeId: name };
    },
    async volumeInUse() {},
    async deleteVolume(volumeId) {
      if ([...snapshots.values()].includes(volumeId)) {
        throw new GrpcError('FailedPrecondition', `volume ${volumeId} has snapshots`);
      }
      volumes.delete(volumeId);
    },
    async createSnapshot(name, volumeId) {
      if (can.snapshots === 'refuses') throw new GrpcError('Unimplemented', 'this storage takes no snapshots');
      if (!volumes.has(volumeId)) throw new GrpcError('NotFound', `volume ${volumeId} is not found`);
      snapshots.set(name, volumeId);
      return { handle: name, ready: can.snapshots !== 'hangs', createdAt: new Date(), sizeBytes: 0 };
    },
    async deleteSnapshot(handle) {
      snapshots.delete(handle);
    },
  };
  return { can, volumes, snapshots, driver };
}
