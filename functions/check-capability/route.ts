import { leave } from '../../shared/chain/event-subjects.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { concerns, isClone, evidenceIn } from '../../shared/capability/evidence.ts';
import { judgeClass } from '../../shared/capability/judge.ts';
import { modeForDisks } from '../../shared/capability/volume-mode.ts';
import type { Notes } from '../../shared/capability/notes.ts';
import { notesOf, notesToSet, parseNotes } from '../../shared/capability/notes.ts';
import { readClasses } from '../../shared/capability/read.ts';
import { judgeTarget } from '../../shared/chain/target.ts';
import type { Change, ChangeOf, Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { StorageClass } from '../../shared/objects/types.ts';

export const driversSetting: Ref = ref('Setting', names.DRIVERS_SETTING);

/** Maps an event to the StorageClasses whose answers it may change. Drops it if their annotations already show it. */
export function route(change: Change): Routed {
  switch (change.kind) {
    case 'StorageClass':
      if (change.type === 'delete') return leave(change, 'StorageClassGone', 'is gone');
      return { subjects: [ref('StorageClass', change.name)] };
    case 'CSIDriver':
      return { search: (reader) => classesToTell(reader) };
    case 'VolumeSnapshotClass':
      // The setting may name the class for another driver.
      return { search: (reader) => settingAndClasses(reader) };
    case 'Setting':
      if (change.name === names.CLASS_SETTING) return { subjects: [driversSetting] };
      if (change.name === names.DRIVERS_SETTING || change.name === names.VERSION_SETTING) {
        return { search: (reader) => settingAndClasses(reader) };
      }
      return { subjects: [] };
    case 'BackupTarget': {
      if (change.name !== names.DEFAULT_TARGET) return { subjects: [] };
      const gone = change.type === 'delete' || judgeTarget(change.object)?.reason === 'TargetNotConnected';
      return { search: (reader) => classesWhere(reader, (one) => missesTarget(notesOn(one)) !== gone) };
    }
    case 'VolumeSnapshotContent':
      return routeContent(change);
    case 'PersistentVolumeClaim':
      return routeClaim(change);
    default:
      return { subjects: [] };
  }
}

/** A snapshot that became ready, or failed, on storage whose answers are not based on evidence yet. */
function routeContent(change: ChangeOf<'VolumeSnapshotContent'>): Routed {
  const { object: content } = change;
  const shown = content === undefined || change.type === 'delete' ? undefined : evidenceIn(content);
  if (content === undefined || shown === undefined || content.spec.driver === names.LONGHORN_DRIVER) {
    return leave(change, 'ContentTellsNothing', 'shows nothing new about its storage');
  }
  const reason = ({ ready: 'SnapshotSeen', failed: 'SnapshotsFail', refused: 'DriverRefuses' } as const)[
    shown.snapshots ?? 'ready'
  ];
  const { driver } = content.spec;
  return {
    search: (reader) =>
      classesWhere(reader, (one) => {
        const noted = notesOn(one).can.snapshot?.reason;
        return one.provisioner === driver && noted !== reason && !isProof(noted) && concerns(shown, modeForDisks(one));
      }),
  };
}

/** Whether the answer is already the strongest that a content can prove. */
const isProof = (reason: string | undefined): boolean => reason === 'SnapshotSeen' || reason === 'SnapshotProved';

/** Only a bound clone is evidence: no API shows whether a driver can clone. */
function routeClaim(change: ChangeOf<'PersistentVolumeClaim'>): Routed {
  const { object: claim } = change;
  const name = claim?.spec.storageClassName;
  if (claim === undefined || change.type === 'delete' || !name || !isClone(claim)) {
    return leave(change, 'ClaimTellsNothing', 'shows nothing new about its StorageClass');
  }
  return {
    search: (reader) =>
      classesWhere(reader, (one) => one.metadata.name === name && notesOn(one).can.clone?.answer !== 'yes'),
  };
}

async function* settingAndClasses(reader: Reader): AsyncGenerator<Ref> {
  yield driversSetting;
  yield* classesToTell(reader);
}

/**
 * The StorageClasses whose answers differ from their annotations. Harvester creates a class per image, so observing all
 * of them would be expensive. Treats leases as held: a change of a lease causes no event anyway.
 */
async function* classesToTell(reader: Reader): AsyncGenerator<Ref> {
  for await (const seen of readClasses(reader, LEASES_HELD)) {
    const { annotations, name } = seen.storageClass.metadata;
    const differs = Object.keys(notesToSet(annotations, notesOf(judgeClass(seen)))).length > 0;
    if (differs) yield ref('StorageClass', name);
  }
}
const LEASES_HELD = 0;

async function* classesWhere(reader: Reader, wanted: (one: StorageClass) => boolean): AsyncGenerator<Ref> {
  for await (const one of reader.list('StorageClass')) {
    if (wanted(one)) yield ref('StorageClass', one.metadata.name);
  }
}

const notesOn = ({ metadata }: StorageClass): Notes => parseNotes(metadata.annotations);
const missesTarget = ({ allows }: Notes): boolean => allows.backup?.reason === 'NoBackupTarget';
