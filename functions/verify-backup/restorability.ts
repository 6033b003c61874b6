import type { Restorability } from '../../shared/function.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';

/** Reasons without a verdict: the VMBackup is gone, in progress, or has no data on the target. */
const notJudged: ReadonlySet<Reason> = new Set([
  'VMBackupGone',
  'VMBackupDeleting',
  'VMBackupInProgress',
  'SnapshotTypeBackup',
  'SnapshotNeverSeen',
] satisfies Reason[]);

/** Problems that do not affect a restore on this cluster. */
const harmless: ReadonlySet<Reason> = new Set(['MetadataNotUploaded', 'VMBackupRecovered'] satisfies Reason[]);

/** `sound` only if every link is verified; an unknown link counts as broken. `none`: there is nothing to judge. */
export function restorability(findings: readonly Finding[]): Restorability {
  if (findings.length === 0 || findings.some(({ reason }) => notJudged.has(reason))) return 'none';
  return findings.filter(({ reason }) => !harmless.has(reason)).every(({ reason }) => reason === 'BackupVerified')
    ? 'sound'
    : 'broken';
}
