/** Shrunk cases that went wrong once, by what they are; whatever is not said is as a healthy cluster has it. */
import type { BrokenBackup, BrokenPair, BrokenVolume, BrokenWorld } from './arbitraries.ts';

const pair = (differs: Partial<BrokenPair> = {}): BrokenPair => ({
  ...{ snapshot: 'there', content: 'there', handle: 'right', reported: 'same', policy: 'Delete', driver: 'longhorn' },
  ...{ uid: 'right', owner: 'vmbackup', contentOwner: 'vmbackup', finalizer: 'usual', className: 'longhorn' },
  note: 'none',
  ...differs,
});

const volume = (differs: Partial<BrokenVolume> = {}): BrokenVolume => ({
  ...{ local: 'no', backup: 'Completed', backupVolume: 'one', record: 'right', revised: 0, name: 'usual' },
  ...{ pair: pair(), beside: undefined, former: undefined, claim: 'none' },
  ...differs,
});

const vmBackup = (volumes: BrokenVolume[], differs: Partial<BrokenBackup> = {}): BrokenBackup => ({
  ...{ namespace: 'prod', type: 'backup', ready: 'yes', going: 'no', schedule: 'none', target: 'current' },
  ...{ marked: 'no', restore: 'none', shares: 'nothing', within: 'nothing' },
  ...differs,
  volumes,
});

const world = (backups: BrokenBackup[], differs: Partial<BrokenWorld> = {}): BrokenWorld => ({
  ...{ release: '1.6 1.9', strangers: [], run: { by: 'sweep' }, meddling: 'nothing', setting: 'scanned' },
  ...differs,
  backups,
});

const two = (differs: Partial<BrokenVolume>) =>
  world([vmBackup([volume(differs), volume({ pair: pair({ handle: 'claim' }) })])]);
const one = (differs: Partial<BrokenVolume>) => world([vmBackup([volume(differs)])]);

export const cases: Readonly<Record<string, BrokenWorld>> = {
  'nothing is broken': one({}),
  'a wrong pair, and beside it a right one whose status gives no handle': one({
    pair: pair({ handle: 'claim' }),
    beside: pair({ reported: 'missing' }),
  }),
  'a right pair whose status gives no handle': one({ pair: pair({ reported: 'missing' }) }),
  'no snapshot, a right pair beside it, and the record of another volume': one({
    record: 'other-volume',
    pair: pair({ snapshot: 'absent' }),
    beside: pair(),
  }),
  'a snapshot that names somebody’s healthy content': one({ pair: pair({ snapshot: 'elsewhere' }) }),
  'a snapshot that names somebody’s healthy content, with a right pair beside it': one({
    pair: pair({ snapshot: 'elsewhere' }),
    beside: pair(),
  }),
  'a snapshot whose content cannot exist under its name': one({ name: 'too-long' }),
  'a ready VMBackup that does not name its snapshot': one({ record: 'no-name' }),
  'a snapshot lost that two VMBackups name, each with a backup of its own': world([
    vmBackup([volume({ pair: pair({ snapshot: 'absent' }) })]),
    vmBackup([volume({ pair: pair({ snapshot: 'absent', content: 'absent' }) })], { shares: 'snapshot' }),
  ]),
  'a pair lost that two VMBackups name, each with a backup of its own': world([
    vmBackup([volume({ pair: pair({ snapshot: 'absent', content: 'absent' }) })]),
    vmBackup([volume({ pair: pair({ snapshot: 'absent', content: 'absent' }) })], { shares: 'snapshot' }),
  ]),
  'a right pair whose snapshot has the note of a swap and is in deletion': one({
    pair: pair({ snapshot: 'deleting', note: 'swap' }),
  }),
  'one content that cannot be read, and a wrong handle beside it': two({ pair: pair({ content: 'unreadable' }) }),
  'one snapshot that cannot be read, and a wrong handle beside it': two({ pair: pair({ snapshot: 'unreadable' }) }),
  'one Longhorn Backup that cannot be read, and a wrong handle beside it': two({ backup: 'unreadable' }),
  'a content beside that cannot be read and is on Delete': one({
    pair: pair({ handle: 'claim' }),
    beside: pair({ content: 'unreadable' }),
  }),
  'a right pair, whose snapshot somebody deletes: the backup is gone by his will': world([vmBackup([volume()])], {
    meddling: 'snapshot-deleted',
  }),
  'a wrong pair, and somebody puts another handle into the status of its content': world(
    [vmBackup([volume({ pair: pair({ handle: 'claim' }) })])],
    { meddling: 'status-changed' },
  ),
  'a wrong handle of what was taken here, whose content somebody deletes': world(
    [vmBackup([volume({ local: 'yes', pair: pair({ handle: 'claim' }) })])],
    { meddling: 'content-deleted' },
  ),
  'a former content in deletion, of a backup repaired twice': one({
    revised: 2,
    former: pair({ content: 'deleting', policy: 'Retain' }),
  }),
  'two wrong pairs of one backup, of two volumes of one VMBackup': world([
    vmBackup([volume({ pair: pair({ handle: 'claim' }) }), volume({ pair: pair({ handle: 'claim' }) })], {
      within: 'backup',
    }),
  ]),
  'a right pair on Retain, which was on Delete, and a wrong one on Delete, of one backup and one VMBackup': world([
    vmBackup(
      [
        volume({ pair: pair({ policy: 'Retain', note: 'policy' }) }),
        volume({ pair: pair({ handle: 'claim', note: 'policy' }) }),
      ],
      { within: 'backup' },
    ),
  ]),
  'one wrong pair, of two volumes of one VMBackup': world([
    vmBackup([volume({ pair: pair({ handle: 'claim' }) }), volume({ pair: pair({ handle: 'claim' }) })], {
      within: 'backup-and-snapshot',
    }),
  ]),
  'one volume twice, with a lost pair each of one backup': world([
    vmBackup(
      [
        volume({ pair: pair({ snapshot: 'absent', content: 'absent' }) }),
        volume({ pair: pair({ snapshot: 'absent', content: 'absent' }) }),
      ],
      { within: 'backup-and-volume-name' },
    ),
  ]),
  'one volume twice, with a wrong pair and one beside which the right pair stands': world([
    vmBackup(
      [
        volume({ pair: pair({ handle: 'no-scheme' }) }),
        volume({ pair: pair({ contentOwner: 'guest' }), beside: pair() }),
      ],
      {
        within: 'backup-and-volume-name',
      },
    ),
  ]),
};
