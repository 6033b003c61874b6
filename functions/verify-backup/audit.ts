import type { Audit } from '../../shared/function.ts';
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

/** Sound is only what has every link verified: what could not be found out is not restorable on anybody's word. */
export function audits(findings: readonly Finding[]): Audit {
  if (findings.length === 0 || findings.some(({ reason }) => beyond.has(reason))) return 'none';
  // Restorable it is all the same, here.
  return findings
    .filter(({ reason }) => reason !== 'MetadataNotUploaded')
    .every(({ reason }) => reason === 'BackupVerified')
    ? 'sound'
    : 'broken';
}
