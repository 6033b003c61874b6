/**
 * Clusters broken in ways nobody listed, as plain data: what each part of a backup's chain is like, and what then
 * happens. The first choice everywhere is what a healthy cluster has, so a case that fails shrinks to what matters.
 */
import fc from 'fast-check';

const mostly = <T extends string | number>(weight: number, normal: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { withCrossShrink: true },
    { weight: 3 * weight, arbitrary: fc.constant(normal) },
    { weight: 10, arbitrary: fc.constantFrom(...others) },
  );

const handles = [
  ...['right', 'legacy', 'claim', 'claim-bak', 'nowhere', 'other-volume', 'other-backup', 'others-both'],
  ...['gone-backup', 'no-volume', 'no-backup', 'empty', 'junk', 'no-scheme', 'upper-case', 'longer', 'blank'],
  ...['snap', 'image'],
] as const;
const owners = ['vmbackup', 'nobody', 'another', 'former', 'restore-gone', 'guest', 'deployment'] as const;
const notes = ['none', 'swap', 'policy', 'replaces', 'drill', 'being-deleted'] as const;

const pair = fc.record({
  snapshot: mostly(90, 'there', 'absent', 'leaving', 'deleting', 'unready', 'unbound', 'elsewhere', 'unreadable'),
  content: mostly(90, 'there', 'absent', 'leaving', 'deleting', 'unready', 'failing', 'unreadable'),
  handle: fc.oneof(
    { withCrossShrink: true },
    { weight: 3, arbitrary: fc.constantFrom<(typeof handles)[number]>('right', 'claim') },
    { weight: 2, arbitrary: fc.constantFrom(...handles) },
  ),
  /** Of the content's status: as in its spec, missing, or another. */
  reported: mostly(120, 'same', 'missing', 'right', 'claim', 'other-backup'),
  policy: fc.constantFrom('Delete', 'Retain'),
  driver: mostly(200, 'longhorn', 'other'),
  uid: mostly(90, 'right', 'none', 'former'),
  owner: mostly(90, ...owners),
  contentOwner: mostly(60, ...owners),
  finalizer: mostly(200, 'usual', 'somebody’s', 'none'),
  className: mostly(150, 'longhorn', 'missing', 'unnamed', 'snap'),
  note: mostly(90, ...notes),
});

const sometimes = fc.oneof(
  { withCrossShrink: true },
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: pair },
);

/** Of a Longhorn Backup: its state, or what else is the matter with it. */
const troubles = [
  ...['', 'Pending', 'InProgress', 'Error', 'Unknown', 'absent', 'deleting'],
  ...['nameless', 'mislabelled', 'unlabelled', 'other-target', 'unreadable'],
] as const;
/** Of what a VMBackup records of a volume. */
const slips = [
  ...['no-backup', 'other-backup', 'gone-backup', 'other-volume', 'no-volume', 'no-name', 'other-driver'],
] as const;

/** Of names at the limits: of a label, of what a restore elsewhere leaves whole, of an object with what is appended. */
const lengths = [
  ...['label', 'over-label', 'restored-whole', 'restored-cut'],
  ...['longest', 'too-long-beside', 'longest-pair', 'too-long', 'longest-snapshot'],
] as const;

const volume = fc.record({
  local: mostly(60, 'no', 'yes', 'claim-gone'),
  backup: mostly(60, 'Completed', ...troubles),
  backupVolume: mostly(90, 'one', 'none', 'two', 'deleting', 'bare', 'other-target'),
  record: mostly(90, 'right', ...slips),
  revised: mostly(60, 0, 1, 2),
  name: mostly(90, 'usual', 'odd', ...lengths),
  pair,
  beside: sometimes,
  former: sometimes,
  claim: mostly(60, 'none', 'pending', 'bound'),
});

const vmBackup = fc.record({
  namespace: mostly(30, 'prod', 'dev'),
  type: mostly(120, 'backup', 'snapshot'),
  ready: mostly(60, 'yes', 'no', 'condition-only', 'no-status', 'error'),
  going: mostly(120, 'no', 'yes'),
  schedule: mostly(60, 'none', 'there', 'gone'),
  target: mostly(90, 'current', 'former'),
  marked: mostly(90, 'no', 'yes'),
  restore: mostly(60, 'none', 'same-namespace', 'other-namespace', 'poisoned', 'complete', 'gone'),
  volumes: fc.array(volume, { minLength: 1, maxLength: 2 }),
  /** Names the same snapshot, or the same Longhorn Backup, as the VMBackup before it. */
  shares: mostly(120, 'nothing', 'backup', 'snapshot'),
  /** Of two volumes, what the second has in common with the first: the data, that and the snapshot, or the name. */
  within: mostly(60, 'nothing', 'backup', 'backup-and-snapshot', 'snapshot', 'volume-name', 'backup-and-volume-name'),
});

const run = fc.oneof(
  { withCrossShrink: true },
  { weight: 4, arbitrary: fc.record({ by: fc.constant('sweep' as const) }) },
  { weight: 3, arbitrary: fc.record({ by: fc.constant('killed' as const), after: fc.integer({ min: 1, max: 24 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      by: fc.constant('fault' as const),
      fault: fc.constantFrom('conflict', 'busy', 'broken', 'hang', 'reset', 'reset-after'),
      at: fc.integer({ min: 1, max: 80 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by: fc.constant('events' as const),
      mischief: fc.constantFrom('none', 'twice', 'reverse', 'lost'),
    }),
  },
);

/** What somebody does to the first volume of a VMBackup when Gleaner has been at work, and perhaps was stopped in the middle. */
const meddling = mostly(
  40,
  'nothing',
  ...(['snapshot-deleted', 'content-deleted', 'content-kept', 'status-changed'] as const),
  ...(['noted', 'not-ready', 'unnamed', 'restore-begun', 'backup-busy', 'hash-removed'] as const),
);

/** Harvester and Longhorn as they come together; an old Harvester is also tried on a Longhorn that looks volumes up. */
const releases = ['1.6 1.9', '1.8 1.11', '1.7 1.10', '1.5 1.8', '1.4 1.8', '1.3 1.8', '1.4 1.7', '1.3 1.6'] as const;

/** Other things that are on a cluster and are nobody's business. */
const stranger = fc.constantFrom('other-driver', 'orphan', 'snap', 'image', 'guest', 'dynamic-orphan');

export const brokenWorld = fc.record({
  release: fc.constantFrom(...releases),
  backups: fc.array(vmBackup, { minLength: 1, maxLength: 3 }),
  strangers: fc.uniqueArray(stranger, { maxLength: 2 }),
  run,
  meddling,
  /** The setting of the target, of which Harvester scans. */
  setting: mostly(90, 'scanned', 'no-hash', 'other-hash', 'gone'),
});

type Of<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type BrokenWorld = Of<typeof brokenWorld>;
export type BrokenBackup = Of<typeof vmBackup>;
export type BrokenVolume = Of<typeof volume>;
export type BrokenPair = Of<typeof pair>;
