import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

/** How consistent the data of a snapshot or backup is for the guest that boots from it. */
export const consistencyReasons = {
  ConsistencyFrozen: leave(
    'The guest’s file systems were frozen while every volume was snapshotted, so they are consistent. Applications have only the data that they had written by then.',
    nothingNeeded,
  ),
  ConsistencyFreezeLapsed: leave(
    'The file systems were frozen, but had thawed before a volume was snapshotted. The backup is crash-consistent.',
    'On Harvester 1.9 and later, set `spec.fsFreezeDeadline` of the VMBackup higher. On earlier releases, stop the application or the VM for a backup that must be consistent.',
  ),
  ConsistencyFreezeUnsure: leave(
    'The file systems were frozen, but it is not certain that they still were when each volume was snapshotted; or a disk is shareable and other VMs write to it.',
    'Treat the backup as crash-consistent.',
  ),
  ConsistencyCrash: leave(
    'The VM was running and nothing was frozen. The backup is crash-consistent: the disks hold what they would hold after a power failure, without what the guest had only in memory.',
    'Install and start qemu-guest-agent in the guest. Harvester then freezes its file systems.',
  ),
  ConsistencyOff: leave('The VM was off. The disks hold everything it wrote before it stopped.', nothingNeeded),
  ConsistencyJustStopped: leave(
    'The VM had stopped only seconds before. Its last writes may not have reached the disks.',
    'Take another backup. Run `sync` in the guest before you stop it, or wait a minute after it has stopped.',
  ),
  ConsistencyUnknown: leave(
    'The consistency was not observed when the data was taken, and cannot be determined now. A backup recovered from the target does not record it.',
    'Treat the backup as crash-consistent. The answer cannot be determined later.',
  ),
  SnapshotNotTaken: leave('The snapshot has not been taken yet. An event will report it.', nothingNeeded),
  FreezeFailing: report(
    'Harvester cannot freeze the guest’s file systems, and takes no snapshot until it can.',
    'Look at the log of qemu-guest-agent in the guest (SELinux often denies the freeze), and fix or stop the agent. Without an agent, Harvester 1.5 and later take the snapshot without a freeze.',
  ),
  GuestFrozen: report(
    'The guest’s file systems are still frozen long after the snapshot. Every process that writes in the guest hangs.',
    'Thaw them with the command given. A freeze without a deadline (`fsFreezeDeadline: 0s`) never ends by itself.',
  ),
} as const satisfies Record<string, ReasonInfo>;
