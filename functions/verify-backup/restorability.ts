import type { Restorability } from '../../shared/function.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** Not there to be judged: gone, on its way, or without data on a target. */
const beyond: ReadonlySet<Reason> = new Set([
  'VMBackupGone',
  'VMBackupDeleting',
  'VMBackupInProgress',
  'SnapshotTypeBackup',
  'SnapshotNeverSeen',
] satisfies Reason[]);

/** Restorable it is all the same, here and now. */
const beside: ReadonlySet<Reason> = new Set(['MetadataNotUploaded', 'VMBackupRecovered'] satisfies Reason[]);

/** Sound is only what has every link verified: what could not be found out is not restorable on anybody's word. */
export function restorability(findings: readonly Finding[]): Restorability {
  if (findings.length === 0 || findings.some(({ reason }) => beyond.has(reason))) return 'none';
  return findings.filter(({ reason }) => !beside.has(reason)).every(({ reason }) => reason === 'BackupVerified')
    ? 'sound'
    : 'broken';
}
