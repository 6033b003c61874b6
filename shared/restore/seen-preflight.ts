import type { Chain } from '../chain/chain.ts';
import type { Ref } from '../domain/kinds.ts';
import type { Content, ObjectOf, Setting, Snapshot, StorageClass, VMRestore } from '../objects/types.ts';
import type { Attempted } from '../ports/attempt.ts';

/** A restore that a preflight is asked about: one that exists, or one that might be created. */
export interface RestoreRequest {
  /** The VMBackup. */
  readonly backup: Ref & { readonly namespace: string };
  /** Namespace to restore into. */
  readonly to: string;
  /** Name of the VM; the source VM's where none is given. */
  readonly machine?: string | undefined;
  /** A VM of its own, rather than the disks of one that is there. */
  readonly newVM: boolean;
  readonly keepMacAddress: boolean;
  /** Not for a new VM: the volumes that it had stay. */
  readonly retain?: boolean | undefined;
  /** The restore itself, where there is one: what it has made already is no obstacle to it. */
  readonly restore?: VMRestore | undefined;
  /** Name of one that there is not yet. */
  readonly named?: string | undefined;
}

/**
 * All that decides whether a restore will work, there and now. Each field that was read by itself is `Attempted`: `unknown`
 * says why it could not be read; `found: undefined` says that the object does not exist.
 */
export interface SeenPreflight {
  readonly request: RestoreRequest;
  readonly chain: Chain | undefined;
  readonly namespace: Attempted<ObjectOf<'Namespace'> | undefined>;
  readonly quotas: Attempted<readonly ObjectOf<'ResourceQuota'>[]>;
  readonly limits: Attempted<readonly ObjectOf<'LimitRange'>[]>;
  /** Those that are not going. */
  readonly storageClasses: Attempted<readonly StorageClass[]>;
  /** Images that volumes were made from, by `namespace/name`. */
  readonly images: Attempted<ReadonlyMap<string, ImageState>>;
  /** Longhorn's own images that classes of the volumes name, and which are not there. */
  readonly missingBackingImages: Attempted<readonly string[]>;
  readonly machine: Attempted<ObjectOf<'VirtualMachine'> | undefined>;
  /** What runs under the name of the VM. */
  readonly instance: Attempted<ObjectOf<'VirtualMachineInstance'> | undefined>;
  /** The VM that the backup was taken of. */
  readonly source: Attempted<ObjectOf<'VirtualMachine'> | undefined>;
  /** Who uses which of the VM's MAC addresses. */
  readonly macUsers: Attempted<ReadonlyMap<string, string>>;
  /** CSI drivers of the volumes that are not installed. */
  readonly missingDrivers: Attempted<readonly string[]>;
  readonly schedule: Attempted<ObjectOf<'ScheduleVMBackup'> | undefined>;
  /** As Harvester gives it: `v1.6.1`. */
  readonly version: Attempted<string | undefined>;
  /** What the restore needs and the cluster lacks: snapshot classes, contents by the name that Harvester looks for, networks. */
  /** Of the target; not of a restore that exists. */
  readonly setting: Attempted<Setting | undefined>;
  readonly missingClasses: Attempted<readonly string[]>;
  readonly missingContents: Attempted<readonly string[]>;
  readonly missingNetworks: Attempted<readonly string[]>;
  /** Of a restore into another namespace whose name is known. */
  readonly pairs: Attempted<readonly PlannedPair[]>;
  /** Other restores, of the same VMBackup or onto the same VM. */
  readonly others: Attempted<readonly VMRestore[]>;
  /** VMBackups of type snapshot that stand on volumes which this restore would delete. */
  readonly dependentSnapshots: Attempted<readonly string[]>;
  /** Who else uses a claim, where claims are deleted: `namespace/name` of a VM. */
  readonly sharers: Attempted<ReadonlyMap<string, string>>;
  /** Claims that the restore has made already. */
  readonly ownClaims: ReadonlySet<string>;
}

export type ImageState = 'missing' | 'not ready' | 'ready';

/** What stands already under the names that a restore into another namespace gives its pair for one volume. */
export interface PlannedPair {
  readonly volume: string;
  readonly snapshotName: string;
  readonly snapshot: Snapshot | undefined;
  readonly contentName: string;
  readonly content: Content | undefined;
}
