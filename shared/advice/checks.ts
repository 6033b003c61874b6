import { ref } from '../domain/kinds.ts';
import { editCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import { isAtLeast, parseVersion } from '../domain/releases.ts';
import type { Attempted } from '../ports/attempt.ts';
import { isFound } from '../ports/attempt.ts';
import type { Advice } from './types.ts';
import type { SeenAdvice } from './read.ts';

/** Checks that should run regularly, before a restore is needed. */
export function adviseChecks(seen: SeenAdvice): Advice[] {
  return [handlesChecked(seen), chainVerified(seen), refreshInterval(seen)];
}

export const notSeen = (
  known: Exclude<Attempted<unknown>, { found: unknown }>,
): Pick<Advice, 'result' | 'evidence'> => ({
  result: 'unknown',
  evidence: `could not be checked: ${known.unknown}`,
});

function handlesChecked({ sweeps }: SeenAdvice): Advice {
  const advice = {
    name: 'handles-checked-regularly',
    practice: 'Check the handles of all contents regularly',
    why: 'A content with a wrong handle reports that it is ready. Without a check you find it on the day of the restore, or after an upgrade.',
    command: 'gleaner manifests --mode observe --image IMAGE | kubectl apply -f -',
  };
  if (!isFound(sweeps)) return { ...advice, ...notSeen(sweeps) };
  if (sweeps.found.length > 0) return { ...advice, result: 'kept', evidence: `by ${sweeps.found.join(', ')}` };
  const evidence = 'no PingSource in this cluster triggers it; a schedule outside the cluster is not visible';
  return { ...advice, result: 'advised', evidence };
}

function chainVerified({ chain }: SeenAdvice): Advice {
  const advice = {
    name: 'chain-verified-before-restore',
    practice: 'Verify the whole chain of a VMBackup before you restore it',
    why: 'A restore that fails halfway leaves a VM behind that blocks the next one.',
  };
  if (!isFound(chain)) return { ...advice, ...notSeen(chain), command: 'gleaner scan' };
  const { sound, broken, first } = chain.found;
  const volumes = sound === 1 ? '1 volume has' : `${sound} volumes have`;
  const findings = broken === 1 ? '1 finding reports' : `${broken} findings report`;
  const evidence = `${volumes} an intact chain; ${findings} a broken one`;
  if (broken === 0) return { ...advice, result: 'kept', evidence, command: 'gleaner preflight VMBACKUP -n NAMESPACE' };
  return {
    ...advice,
    result: 'advised',
    evidence: first === undefined ? evidence : `${evidence}, the first: ${first}`,
    command: 'gleaner scan -o wide',
  };
}

function refreshInterval({ target, version }: SeenAdvice): Advice {
  const advice = {
    name: 'refresh-interval',
    practice: 'Give the backup target a refreshIntervalInSeconds above 0',
    why: 'With 0, Harvester scans the target only once, before Longhorn has read it, and the backups on it never appear.',
    command: `${editCommand(ref('Setting', names.TARGET_SETTING))}   # "refreshIntervalInSeconds":300 in its value`,
  };
  if (!isFound(target)) return { ...advice, ...notSeen(target) };
  const found = target.found;
  if (found?.is === 'unreadable') return { ...advice, result: 'unknown', evidence: 'the value is not JSON' };
  if (found?.is !== 'target') return { ...advice, result: 'kept', evidence: 'no backup target is set' };
  const seconds = found.refreshIntervalInSeconds;
  if (seconds > 0) return { ...advice, result: 'kept', evidence: `it is ${seconds}` };
  // The field came with 1.4.2. A version without a patch number is not known to have it.
  const running = isFound(version) ? version.found : undefined;
  if (parseVersion(running)?.patch !== undefined && isAtLeast(running, 4, 2) === false) {
    return {
      ...advice,
      result: 'kept',
      evidence: `Harvester ${running} has no such field and scans at every write of the setting`,
    };
  }
  return { ...advice, result: 'advised', evidence: 'it is 0 or not set' };
}
