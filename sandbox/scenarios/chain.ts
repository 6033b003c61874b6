/** Whole chains: a VirtualMachineBackup, its snapshots and contents, the Longhorn Backups and BackupVolumes. */
import type { KubeObject } from '../api/types.ts';
import type { LonghornVersion } from '../controllers/longhorn-objects.ts';
import * as build from './build.ts';
import type { Modifier } from './build.ts';

export interface Disk {
  claim: string;
  /**
   * `wrong` names the claim where the volume belongs, `right` is right, `legacy` is right in the old spelling `bs://`;
   * anything else is taken as the handle itself.
   */
  handle?: string;
  policy?: 'Delete' | 'Retain';
  /** Name of the snapshot, where it is not the usual `<backup>-volume-<claim>`. */
  snapshot?: string;
}

export interface Chain {
  name: string;
  namespace?: string;
  vm?: string;
  disks: readonly Disk[];
  longhorn: LonghornVersion;
}

export interface DiskParts {
  volume: string;
  backup: string;
  snapshot: string;
  handle: string;
}

export function partsOf({ name, namespace = 'prod' }: Pick<Chain, 'name' | 'namespace'>, disk: Disk): DiskParts {
  const volume = build.volumeOf(disk.claim, namespace);
  const backup = build.backupOf(disk.claim, name);
  const handles: Record<string, string> = {
    right: `bak://${volume}/${backup}`,
    legacy: `bs://${volume}/${backup}`,
    wrong: `bs://${disk.claim}/${backup}`,
  };
  const wanted = disk.handle ?? 'wrong';
  return {
    volume,
    backup,
    snapshot: disk.snapshot ?? `${name}-volume-${disk.claim}`,
    handle: handles[wanted] ?? wanted,
  };
}

/** The VirtualMachineBackup of a chain, on its own. */
export function backupOfChain(chain: Chain, ...modifiers: Modifier[]): KubeObject {
  const { name, namespace = 'prod', vm = 'web', disks } = chain;
  const entries = disks.map((disk, index) =>
    build.volumeEntry({
      vmBackup: name,
      namespace,
      volumeName: `disk-${index}`,
      claim: disk.claim,
      name: partsOf(chain, disk).snapshot,
    }),
  );
  return build.vmBackup({ name, namespace, vm, entries }, ...modifiers);
}

/** What Longhorn has of a chain: finished Backups and their BackupVolumes. */
export function longhornPart(chain: Chain): KubeObject[] {
  return chain.disks.flatMap((disk) => {
    const { volume, backup } = partsOf(chain, disk);
    return [build.backup({ volume, backup, version: chain.longhorn }), build.backupVolume(volume, chain.longhorn)];
  });
}

/** A backup recovered from its target: every pair pre-provisioned. Modifiers are for the VirtualMachineBackup. */
export function recoveredChain(chain: Chain, ...modifiers: Modifier[]): KubeObject[] {
  const { namespace = 'prod' } = chain;
  const vmBackup = backupOfChain(chain, ...modifiers);
  const pairs = chain.disks.flatMap((disk) => {
    const { snapshot, handle } = partsOf(chain, disk);
    const { policy = 'Delete' } = disk;
    const owned = build.ownedBy(vmBackup);
    return [
      build.content({ snapshot, namespace, handle, policy }, owned),
      build.snapshot({ name: snapshot, namespace, policy }, owned),
    ];
  });
  return [vmBackup, ...pairs, ...longhornPart(chain)];
}

/** A backup taken here: the VM and its claims live, every content is dynamic and right. */
export function localChain(chain: Chain, ...modifiers: Modifier[]): KubeObject[] {
  const { namespace = 'prod', vm = 'web', disks } = chain;
  const vmBackup = backupOfChain(chain, ...modifiers);
  const machine = build.machine(
    vm,
    namespace,
    disks.map((disk) => disk.claim),
  );
  const perDisk = disks.flatMap((disk) => {
    const { volume, backup, snapshot } = partsOf(chain, disk);
    const snapshotName = `snapshot-${build.uidFor('VolumeSnapshot', snapshot, namespace)}`;
    const handle = `bak://${volume}/${backup}`;
    return [
      build.claim(disk.claim, namespace),
      build.persistentVolume(disk.claim, namespace),
      build.longhornVolume(volume),
      build.content({ snapshot, namespace, handle, volume }),
      build.snapshot({ name: snapshot, namespace, claim: disk.claim }, build.ownedBy(vmBackup)),
      build.backup({ volume, backup, snapshotName, version: chain.longhorn }),
      build.backupVolume(volume, chain.longhorn),
    ];
  });
  return [machine, vmBackup, ...perDisk];
}
