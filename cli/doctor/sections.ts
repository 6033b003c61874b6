import type { Reason } from '../../shared/plan/reason.ts';

/** The sections of `gleaner doctor`, in output order. */
export const sections = {
  blockers: {
    title: 'Blockers',
    means: 'they block restores, rescans or changes of the backup target',
    reasons: [
      'TargetNotConnected',
      'TargetUnavailable',
      'TargetDiffers',
      'TargetUnreadable',
      'TargetNotApplied',
      'TargetNotSyncing',
      'TargetBlocked',
      'ScanStuck',
      'VMBackupFailed',
      'VMBackupDegraded',
      'RestoreHanging',
      'DeletionHangs',
      'ObjectUnreadable',
    ],
  },
  orphans: {
    title: 'Orphans',
    means: 'unclaimed objects; find out what they belong to before you delete anything',
    reasons: ['OrphanBackup', 'OrphanContent', 'OrphanSnapshot'],
  },
} as const satisfies Record<string, { title: string; means: string; reasons: readonly Reason[] }>;

export type Section = keyof typeof sections;
export const sectionNames = Object.keys(sections) as Section[];

/** The section of a finding, if it belongs to one. */
export const sectionOf = (reason: Reason): Section | undefined =>
  sectionNames.find((name) => (sections[name].reasons as readonly Reason[]).includes(reason));
