import type { Link } from '../chain/link.ts';
import { isFound } from '../ports/attempt.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import { seriesOf } from '../domain/releases.ts';
import { allPairsExist } from './planned-pairs.ts';
import type { SeenPreflight } from './seen-preflight.ts';

/**
 * How this release of Harvester treats handles in a restore, and its other known problems. `unknown` if the version
 * cannot be read or is invalid. `links`: the judged chain of the VMBackup.
 */
export function checkVersion(seen: SeenPreflight, links: readonly Link[]): Check {
  const name = 'version';
  return ifKnown(name, seen.version, (text): Check => {
    const release = seriesOf(text);
    if (release === undefined) {
      return {
        name,
        result: 'unknown',
        message: text ? `unsupported Harvester version ${text}` : 'Harvester does not report its version',
      };
    }
    const endless = checkReplacing(name, text ?? '', release, seen);
    if (endless !== undefined) return endless;
    return seen.request.to === seen.request.backup.namespace
      ? inItsOwnNamespace(name, text ?? '', release, links, seen)
      : elsewhere(name, text ?? '', release, seen);
  });
}

/**
 * Undefined if there is no problem, or the source VM could not be read.
 *
 * Harvester 1.8 deletes the volumes of the source VM, and lists them before it starts. Without that VM the list is
 * empty, which it takes for a list that is not filled yet.
 */
function checkReplacing(name: string, version: string, release: number, seen: SeenPreflight): Check | undefined {
  const { request, source } = seen;
  if (request.newVM || request.retain === true || release < 107 || !isFound(source)) return undefined;
  if ((source.found?.spec.claims.length ?? 0) > 0) return undefined;
  return {
    name,
    // Not verified in the source of 1.7 and 1.9.
    result: release === 108 ? 'fail' : 'warn',
    message: `the source VM of the backup is gone or has no volume: Harvester ${version} never starts a restore with deletionPolicy delete`,
    cure: 'restore with deletionPolicy retain',
  };
}

/** Longhorn 1.8 and later looks the volume of a handle up; only its BackupVolumes have a spec. */
const looksVolumesUp = ({ chain }: SeenPreflight): boolean =>
  chain?.volumes.some(({ backupVolumes }) => backupVolumes.some((v) => Boolean(v.spec?.volumeName))) === true;

function elsewhere(name: string, version: string, release: number, seen: SeenPreflight): Check {
  if (release >= 105) return { name, result: 'pass', message: `Harvester ${version} writes correct handles` };
  if (allPairsExist(seen))
    return { name, result: 'pass', message: `the contents that Harvester ${version} would write already exist` };
  if (!looksVolumesUp(seen)) {
    const message = `Harvester ${version} writes a wrong handle, which this Longhorn version ignores`;
    return {
      name,
      result: 'warn',
      message,
      cure: 'it fails after an upgrade to Longhorn 1.8 or later; fix-handle repairs it',
    };
  }
  const message = `Harvester ${version} writes a wrong handle for a restore into another namespace, so the restore will hang`;
  const restore = seen.request.restore;
  const cure =
    restore === undefined
      ? 'install fix-handle, or run `gleaner apply vmrestore/NAME` once it hangs'
      : `gleaner apply vmrestore/${restore.metadata.name} -n ${restore.metadata.namespace}`;
  return { name, result: 'fail', message, cure };
}

function inItsOwnNamespace(
  name: string,
  version: string,
  release: number,
  links: readonly Link[],
  seen: SeenPreflight,
): Check {
  const misnamed = checkNamesOfContents(name, version, release, seen);
  if (misnamed !== undefined) return misnamed;
  const wrong = links.find(({ reason }) => reason === 'HandleWrong');
  const lost = links.find(({ reason }) => ['ContentMissing', 'TakenContentMissing', 'BackupMissing'].includes(reason));
  if (wrong === undefined && (lost === undefined || release < 109)) {
    return { name, result: 'pass', message: `Harvester ${version} has no known problem with this restore` };
  }
  const cure = wrong?.command === undefined ? {} : { cure: wrong.command };
  if (release >= 109) {
    const message = `Harvester ${version} may crash when it restores with a wrong handle or a missing content`;
    return { name, result: 'fail', message, ...cure };
  }
  if (release >= 105) {
    const message = `Harvester ${version} repairs the wrong handle itself at the first restore attempt`;
    return { name, result: 'warn', message, ...cure };
  }
  if (!looksVolumesUp(seen)) {
    return { name, result: 'warn', message: 'a handle is wrong, which this Longhorn version ignores', ...cure };
  }
  return {
    name,
    result: 'fail',
    message: `Harvester ${version} restores with the wrong handle, so the restore will hang`,
    ...cure,
  };
}

/** From 1.5 on, Harvester first checks the handle in the content that has the name it would use. */
function checkNamesOfContents(
  name: string,
  version: string,
  release: number,
  { missingContents }: SeenPreflight,
): Check | undefined {
  if (release < 105 || !isFound(missingContents) || missingContents.found.length === 0) return undefined;
  const content = missingContents.found.join(', ');
  return {
    name,
    result: 'fail',
    message: `Harvester ${version} looks for a content named ${content}, but the snapshot is bound to a content with another name`,
    cure: 'restore into another namespace, which needs only the Longhorn backup',
  };
}
