import type { Chain } from '../chain/chain.ts';
import type { Ref } from '../domain/kinds.ts';
import type { Content, ObjectOf, Setting, Snapshot, StorageClass, VMRestore } from '../objects/types.ts';
import type { Attempted } from '../ports/attempt.ts';

/** The restore to check: an existing or a planned one. */
export interface RestoreRequest {
  /** The VMBackup. */
  readonly backup: Ref & { readonly namespace: string };
  /** Namespace to restore into. */
  readonly to: string;
  /** Name of the VM. Default: the name of the source VM. */
  readonly machine?: string | undefined;
  /** Whether to create a new VM instead of replacing the disks of an existing one. */
  readonly newVM: boolean;
  readonly keepMacAddress: boolean;
  /** Whether to keep the old volumes of a replaced VM. Not for a new VM. */
  readonly retain?: boolean | undefined;
  /** The restore, if it exists. Objects that it created are no obstacle. */
  readonly restore?: VMRestore | undefined;
  /** Name of a planned restore. */
  readonly named?: string | undefined;
}

/**
 * Everything that decides whether a restore would work now. Fields that are read independently are `Attempted`:
 * `unknown` is the cause of a failed read; `found: undefined` means that the object does not exist.
 */
export interface SeenPreflight {
  readonly request: RestoreRequest;
  readonly chain: Chain | undefined;
  readonly namespace: Attempted<ObjectOf<'Namespace'> | undefined>;
  readonly quotas: Attempted<readonly ObjectOf<'ResourceQuota'>[]>;
  readonly limits: Attempted<readonly ObjectOf<'LimitRange'>[]>;
  /** Without those that are being deleted. */
  readonly storageClasses: Attempted<readonly StorageClass[]>;
  /** Images that volumes were created from, by `namespace/name`. */
  readonly images: Attempted<ReadonlyMap<string, ImageState>>;
  /** Missing Longhorn backing images that classes of the volumes name. */
  readonly missingBackingImages: Attempted<readonly string[]>;
  readonly machine: Attempted<ObjectOf<'VirtualMachine'> | undefined>;
  /** The VM instance with the name of the VM. */
  readonly instance: Attempted<ObjectOf<'VirtualMachineInstance'> | undefined>;
  /** The VM that the backup was taken of. */
  readonly source: Attempted<ObjectOf<'VirtualMachine'> | undefined>;
  /** `namespace/name` of other VMs by the MAC address of this VM that they use. */
  readonly macUsers: Attempted<ReadonlyMap<string, string>>;
  /** Missing CSI drivers of the volumes. */
  readonly missingDrivers: Attempted<readonly string[]>;
  readonly schedule: Attempted<ObjectOf<'ScheduleVMBackup'> | undefined>;
  /** Harvester's version: `v1.6.1`. */
  readonly version: Attempted<string | undefined>;
  /** The Setting of the target. Not read for an existing restore. */
  readonly setting: Attempted<Setting | undefined>;
  /** Missing VolumeSnapshotClasses; below: contents by the name that Harvester looks for, and networks. */
  readonly missingClasses: Attempted<readonly string[]>;
  readonly missingContents: Attempted<readonly string[]>;
  readonly missingNetworks: Attempted<readonly string[]>;
  /** For a restore into another namespace with a known name. */
  readonly pairs: Attempted<readonly PlannedPair[]>;
  /** Other restores, of the same VMBackup or onto the same VM. */
  readonly others: Attempted<readonly VMRestore[]>;
  /** VMBackups of type snapshot that depend on volumes which this restore would delete. */
  readonly dependentSnapshots: Attempted<readonly string[]>;
  /** Other VMs (`namespace/name`) by the claim that they use. Empty if the restore deletes no claims. */
  readonly sharers: Attempted<ReadonlyMap<string, string>>;
  /** Names of the volumes whose claims the restore has created already. */
  readonly ownClaims: ReadonlySet<string>;
}

export type ImageState = 'missing' | 'not ready' | 'ready';

/** Existing objects with the names that a restore into another namespace will use for one volume. */
export interface PlannedPair {
  readonly volume: string;
  readonly snapshotName: string;
  readonly snapshot: Snapshot | undefined;
  readonly contentName: string;
  readonly content: Content | undefined;
}
