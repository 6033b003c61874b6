import type { ReasonInfo } from '../verdict.ts';
import { leave, nothingNeeded, report } from './_verdicts.ts';

/** What the data of a snapshot or backup is worth to the guest that boots from it. */
export const consistencyReasons = {
  ConsistencyFrozen: leave(
    'The guest’s file systems were frozen while each volume was taken: they are whole. Applications have only what they had written out by then.',
    nothingNeeded,
  ),
  ConsistencyFreezeLapsed: leave(
    'The file systems were frozen, but had thawed again before a volume was taken: it is worth what a crash leaves.',
    'Harvester 1.9 and later: set `spec.fsFreezeDeadline` of the VMBackup higher. Before that, stop the application or the VM for a backup that must be whole.',
  ),
  ConsistencyFreezeUnsure: leave(
    'The file systems were frozen, but it does not show whether still so when each volume was taken, or a disk is shareable and other VMs write to it.',
    'Treat it as what a crash leaves.',
  ),
  ConsistencyCrash: leave(
    'The VM ran and nothing was frozen: the disks hold what they would after a power failure, and what the guest had only in memory is not there.',
    'Install and start qemu-guest-agent in the guest; Harvester then freezes its file systems.',
  ),
  ConsistencyOff: leave('The VM was off: the disks hold all that it wrote before it stopped.', nothingNeeded),
  ConsistencyJustStopped: leave(
    'The VM had stopped only seconds before: what it wrote last may not have reached the disks.',
    'Take another: run `sync` in the guest before stopping it, or wait a minute after it has stopped.',
  ),
  ConsistencyUnknown: leave(
    'What the data is worth was not seen when it was taken, and cannot be concluded now. A backup recovered from the target does not say.',
    'Nothing can be learnt later; treat it as what a crash leaves.',
  ),
  SnapshotNotTaken: leave('The snapshot has not been taken yet; an event will say when.', nothingNeeded),
  FreezeFailing: report(
    'Harvester cannot freeze the guest’s file systems, and takes no snapshot until it can.',
    'In the guest, look at the log of qemu-guest-agent (SELinux often denies it) and fix or stop the agent; without an agent Harvester 1.5 and later go on without a freeze.',
  ),
  GuestFrozen: report(
    'The guest’s file systems are still frozen long after the snapshot: whatever writes in the guest hangs.',
    'Thaw them with the command given. A freeze without a deadline (`fsFreezeDeadline: 0s`) is thawed by nobody.',
  ),
} as const satisfies Record<string, ReasonInfo>;
