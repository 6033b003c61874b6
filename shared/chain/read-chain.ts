import * as names from '../domain/names.ts';
import type { Reader } from '../ports/reader.ts';
import type { VMBackup, VolumeEntry } from '../objects/types.ts';
import type { Chain, ChainVolume } from './chain.ts';
import { pairContentName } from './lookup.ts';
import { backupVolumes, classMissingOf, longhornBackup, missingStorageClass } from './queries.ts';
import { entriesOf } from './vmbackup.ts';
import { orUnreadable } from './unreadable.ts';

/**
 * Reads every link of a VMBackup, each object once. A volume with an unreadable object has only `unreadable` set; its
 * neighbours are read as usual.
 * @param options.classes also checks that the StorageClasses and VolumeSnapshotClasses exist. Default false.
 * @throws RetryableError, TerminalError, except UnreadableError of a volume's own objects
 */
export async function readChain(
  reader: Reader,
  backup: VMBackup,
  { classes = false }: { readonly classes?: boolean } = {},
): Promise<Chain> {
  const volumes: ChainVolume[] = [];
  for (const entry of entriesOf(backup)) {
    const seen = await orUnreadable(
      () => readVolume(reader, backup.metadata, entry, classes),
      (unreadable) => ({
        ...{ entry, snapshot: undefined, contentName: '', content: undefined },
        unreadable,
        ...unknown,
      }),
    );
    const className = entry.persistentVolumeClaim?.spec?.storageClassName;
    const classMissing = classes ? await missingStorageClass(reader, className) : undefined;
    volumes.push(classMissing === undefined ? seen : { ...seen, classMissing });
  }
  const target = await reader.get('BackupTarget', names.DEFAULT_TARGET, names.LONGHORN_NAMESPACE);
  return { backup, target, volumes };
}

const unknown = { longhorn: undefined, backupVolumes: [] };

async function readVolume(
  reader: Reader,
  { namespace, uid }: VMBackup['metadata'],
  entry: VolumeEntry,
  classes: boolean,
): Promise<ChainVolume> {
  const snapshot = entry.name ? await reader.get('VolumeSnapshot', entry.name, namespace) : undefined;
  const contentName = pairContentName(entry.name ?? '', snapshot) ?? '';
  const content = contentName === '' ? undefined : await reader.get('VolumeSnapshotContent', contentName);
  const longhorn = entry.longhornBackupName ? await longhornBackup(reader, entry.longhornBackupName) : undefined;
  const volume = longhorn === undefined ? entry.persistentVolumeClaim?.spec?.volumeName : longhorn.status?.volumeName;
  const owners = (snapshot?.metadata.ownerReferences ?? []).filter((o) => o.kind === 'VirtualMachineBackup');
  const [other] = owners.some((o) => o.uid === uid) ? [] : owners;
  const holder = other && (await reader.get('VirtualMachineBackup', other.name, namespace));
  return {
    entry,
    snapshot,
    contentName,
    content,
    otherOwnerLives: other && holder?.metadata.uid === other.uid,
    snapshotClassMissing: classes && content ? await classMissingOf(content, reader) : undefined,
    longhorn,
    backupVolumes: volume ? await backupVolumes(reader, volume) : [],
  };
}
