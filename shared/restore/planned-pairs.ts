import { isOnLonghorn } from '../chain/vmbackup.ts';
import { ref } from '../domain/kinds.ts';
import { getCommand, patchCommand, retainCommand } from '../domain/kubectl.ts';
import { restoreContentName, restoreSnapshotName } from '../domain/restore-names.ts';
import type { Chain } from '../chain/chain.ts';
import { isDeleting, isOwnedBy } from '../chain/metadata.ts';
import { judgeBackup } from '../chain/longhorn-backup.ts';
import { judgeContent } from '../chain/content.ts';
import type { Reader } from '../ports/reader.ts';
import { isFound } from '../ports/attempt.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { SeenPreflight, RestoreRequest, PlannedPair } from './seen-preflight.ts';

/**
 * Reads the objects with the names that a restore into another namespace will use. Empty if the restore creates no
 * pairs (same namespace), or its name is not known.
 * @throws what reading a VolumeSnapshot or its content throws
 */
export async function readPlannedPairs(
  reader: Reader,
  chain: Chain | undefined,
  request: RestoreRequest,
): Promise<PlannedPair[]> {
  const restore = restoreNameOf(request);
  if (restore === undefined || request.to === request.backup.namespace) return [];
  const pairs: PlannedPair[] = [];
  for (const { entry } of chain?.volumes ?? []) {
    if (!entry.name || !isOnLonghorn(entry)) continue;
    const snapshotName = await restoreSnapshotName(restore, entry.name);
    const snapshot = await reader.get('VolumeSnapshot', snapshotName, request.to);
    const planned = await restoreContentName(request.to, restore, entry.name);
    // Harvester uses an existing snapshot with the content that it names.
    const contentName = snapshot?.spec.source.volumeSnapshotContentName ?? planned;
    const content = await reader.get('VolumeSnapshotContent', contentName);
    pairs.push({ volume: entry.volumeName, snapshotName, snapshot, contentName, content });
  }
  return pairs;
}

const restoreNameOf = ({ restore, named }: RestoreRequest): string | undefined => restore?.metadata.name ?? named;

/**
 * Whether the objects with those names are right: every release of Harvester uses them unchecked. The first problem
 * decides. No check if the restore creates no pairs, or its name is not known.
 */
export function checkPlannedPairs(seen: SeenPreflight): Check[] {
  const { request, pairs } = seen;
  const restore = restoreNameOf(request);
  if (restore === undefined || request.to === request.backup.namespace) return [];
  const name = 'pairs';
  return [
    ifKnown(name, pairs, (found): Check => {
      for (const pair of found) {
        const trouble = troubleOf(pair, seen, restore);
        if (trouble !== undefined) return { name, volume: pair.volume, ...trouble };
      }
      const stands = found.filter(({ content }) => content !== undefined).length;
      const message =
        stands === 0
          ? 'the names of its snapshots and contents are free'
          : 'the contents that already have its names are correct and will be used';
      return { name, result: 'pass', message };
    }),
  ];
}

type Trouble = Pick<Check, 'result' | 'message'> & { readonly cure?: string };

function troubleOf(pair: PlannedPair, { chain, request }: SeenPreflight, restore: string): Trouble | undefined {
  const { volume, snapshotName, snapshot, contentName, content } = pair;
  const fail = (message: string, cure?: string): Trouble => ({
    result: 'fail',
    message,
    ...(cure !== undefined && { cure }),
  });
  const show = getCommand(ref('VolumeSnapshot', snapshotName, request.to));
  const standing = `the name that the restore uses is taken by`;
  if (snapshot !== undefined && isDeleting(snapshot))
    return fail(`${standing} VolumeSnapshot ${snapshotName}, which is being deleted`, show);
  if (snapshot?.spec.source.persistentVolumeClaimName)
    return fail(
      `${standing} VolumeSnapshot ${snapshotName}, which was taken from a claim: its data would be restored`,
      show,
    );
  if (content === undefined) return undefined;
  const here = `${standing} VolumeSnapshotContent ${contentName}`;
  const look = getCommand(ref('VolumeSnapshotContent', contentName));
  if (isDeleting(content)) return fail(`${here}, which is being deleted`, look);
  const { volumeSnapshotRef, deletionPolicy } = content.spec;
  if (volumeSnapshotRef.name !== snapshotName || volumeSnapshotRef.namespace !== request.to)
    return fail(
      `${here}, which belongs to VolumeSnapshot ${volumeSnapshotRef.namespace}/${volumeSnapshotRef.name}`,
      look,
    );
  const entry = chain?.volumes.find((one) => one.entry.volumeName === volume);
  const backup = entry?.entry.longhornBackupName ?? '';
  const judged = judgeContent(content);
  if (!('handle' in judged) || judged.handle.backup !== backup)
    return fail(`${here}, which does not name backup ${backup}: the restore would use other data or none`, look);
  if (deletionPolicy === 'Delete') {
    return fail(
      `${here} with deletionPolicy Delete: deleting the restore would delete the backup`,
      retainCommand(contentName),
    );
  }
  if (volumeSnapshotRef.uid && volumeSnapshotRef.uid !== snapshot?.metadata.uid) {
    const forget = patchCommand(ref('VolumeSnapshotContent', contentName), [
      { op: 'remove', path: '/spec/volumeSnapshotRef/uid' },
    ]);
    return fail(`${here}, which is bound to a snapshot that is gone: the restore cannot use it and would hang`, forget);
  }
  const wrong = wrongHandle(pair, chain);
  // `version` reports a wrong handle that Harvester wrote for this restore.
  if (wrong === undefined || isOwnedBy(content, request.restore?.metadata.uid ?? '')) return undefined;
  const cure = `gleaner apply vmrestore/${restore} -n ${request.to}`;
  return fail(
    `${here} with the handle ${wrong.handle}, but the backup is of volume ${wrong.volume}: the restore would hang`,
    request.restore === undefined ? `${cure}   # once it hangs` : cure,
  );
}

/** The wrong handle and the right volume; undefined if it is right or unknown, or Longhorn (up to 1.7) ignores it. */
function wrongHandle(
  { volume, content }: PlannedPair,
  chain: Chain | undefined,
): { readonly handle: string; readonly volume: string } | undefined {
  const of = chain?.volumes.find(({ entry }) => entry.volumeName === volume);
  const facts = judgeBackup(of?.entry.longhornBackupName ?? '', of?.longhorn);
  const judged = content && judgeContent(content);
  if (judged === undefined || !('handle' in judged) || 'reason' in facts) return undefined;
  if (!of?.backupVolumes.some((v) => Boolean(v.spec?.volumeName))) return undefined;
  const isRight = judged.handle.volume === facts.volume && judged.reported === undefined;
  return isRight ? undefined : { handle: judged.text, volume: facts.volume };
}

/** Whether a right content exists for every volume, so that no release writes a handle. False if unknown. */
export const allPairsExist = ({ chain, pairs }: SeenPreflight): boolean =>
  isFound(pairs) &&
  pairs.found.length > 0 &&
  pairs.found.length === chain?.volumes.length &&
  pairs.found.every((pair) => pair.content !== undefined && wrongHandle(pair, chain) === undefined);
