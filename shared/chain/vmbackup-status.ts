import { describeRef, ref } from '../domain/kinds.ts';
import type { BackupTarget, BackupVolume, VMBackup } from '../objects/types.ts';
import type { Link } from './link.ts';
import type { Chain } from './chain.ts';
import { judgeChain } from './links.ts';
import type { NotReady } from './readiness.ts';
import { degradation, judgeReadiness } from './readiness.ts';

/** The overall state of a VMBackup. */
export interface VMBackupStatus {
  readonly links: readonly Link[];
  /** Why it is not ready; absent if it is. */
  readonly readiness?: NotReady | undefined;
  /** A problem that Harvester still reports but that is over. */
  readonly past?: { readonly reason: 'VMBackupRecovered'; readonly message: string };
}

/**
 * Judges all of a VMBackup. Pure. Harvester 1.7 and 1.8 write a damaged VMBackup into a condition and never clear it.
 * That verdict is over once every link is intact, according to lists that Longhorn has read since.
 */
export function judgeStatus(chain: Chain, nowMs: number): VMBackupStatus {
  const { backup, target, volumes } = chain;
  const readiness = judgeReadiness(chain, nowMs);
  const degraded = degradation(backup);
  const reported = { links: judgeChain(chain, nowMs), readiness };
  if (degraded === undefined || readiness?.reason !== 'VMBackupDegraded' || backup.status?.readyToUse !== true)
    return reported;
  const links = judgeChain({ ...chain, backup: withoutVerdict(backup) }, nowMs);
  if (links.length === 0 || links.some(({ result }) => result !== 'pass')) return reported;

  const own = describeRef(ref('VirtualMachineBackup', backup.metadata.name, backup.metadata.namespace));
  const right = 'every link to the target is intact now';
  const listed = [target, ...volumes.flatMap(({ backupVolumes }) => backupVolumes)].every((one) =>
    isListedSince(one, degraded.atMs),
  );
  if (!listed || isOfClass(degraded.by)) {
    const but = isOfClass(degraded.by)
      ? 'but their StorageClass is not checked here'
      : Number.isNaN(degraded.atMs)
        ? 'but the condition has no time'
        : 'but Longhorn has not listed the target since';
    return { ...reported, readiness: { ...readiness, message: `${readiness.message}; ${right}, ${but}` } };
  }
  const message = `Harvester found ${own} damaged at ${new Date(degraded.atMs).toISOString()}${degraded.by && ` (${degraded.by})`} and has not cleared the condition; ${right}`;
  return { links, past: { reason: 'VMBackupRecovered', message } };
}

const isListedSince = (one: BackupTarget | BackupVolume | undefined, ms: number): boolean =>
  Date.parse(one?.status?.lastSyncedAt ?? '') > ms;

const isOfClass = (reason: string): boolean => /storage ?class/i.test(reason);

function withoutVerdict(backup: VMBackup): VMBackup {
  const { status } = backup;
  if (!status) return backup;
  const conditions = status.conditions?.filter(({ type }) => type !== 'Ready');
  return { ...backup, status: { ...status, conditions } };
}
