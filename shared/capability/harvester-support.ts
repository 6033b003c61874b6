import { ref } from '../domain/kinds.ts';
import { editCommand, getCommand, listCommand } from '../domain/kubectl.ts';
import { isFound } from '../ports/attempt.ts';
import * as names from '../domain/names.ts';
import type { DriverClasses } from '../objects/drivers.ts';
import type { SnapshotClass } from '../objects/types.ts';
import { answer } from './answer.ts';
import type { Engine } from './storage-support.ts';
import type { DriverConfigSetting } from './config.ts';
import {
  classFor,
  correctedConfig,
  effectiveDriverConfig,
  leavesLonghornOut,
  createClassCommand,
  setDriversCommand,
  replaceClassCommand,
  takesSnapshots,
} from './config.ts';
import type { SeenDriver } from './read.ts';
import type { HarvesterRelease } from './releases.ts';
import { describeRelease, releaseOf, releases } from './releases.ts';
import type { Ability, Answers, CapabilityAnswer } from './types.ts';
import { answersOf } from './types.ts';

/** What this Harvester release allows and completes. `engine`: of a Longhorn volume; undefined if it is not visible. */
export function harvesterSupport(seen: SeenDriver, engine: Engine | undefined): Answers {
  return answersOf((ability) => inRelease(seen, (release) => allows(seen, engine, ability, release)));
}

/** The answer for the installed release; if it is unknown, the answer that all releases share. */
export function inRelease(
  { version }: Pick<SeenDriver, 'version'>,
  judge: (release: HarvesterRelease) => CapabilityAnswer,
): CapabilityAnswer {
  const release = isFound(version) ? releaseOf(version.found) : undefined;
  if (release !== undefined) return judge(release);
  const answers = releases.map(({ from }) => [from, judge(from)] as const);
  const [[, first]] = answers as [(typeof answers)[number]];
  const why = isFound(version)
    ? version.found
      ? `the rules of Harvester ${version.found} are unknown`
      : 'Harvester does not report its version'
    : `Harvester’s version: ${version.unknown}`;
  if (answers.every(([, { reason }]) => reason === first.reason)) {
    return { ...first, message: `${first.message}; ${why}, but all releases agree` };
  }
  const same = answers.every(([, { answer }]) => answer === first.answer);
  const spans = answers
    .map(([from, { answer, reason }]) => `${describeRelease(from)} ${answer} (${reason})`)
    .join(', ');
  if (same && first.answer !== 'unknown') {
    return {
      ...first,
      message: `the answer is ${first.answer} in every release, for different reasons: ${spans}; ${why}`,
    };
  }
  // The setting may be missing. Other Settings hold keys, so list only names.
  const isThere = isFound(version) && Boolean(version.found);
  const look = isThere ? getCommand(ref('Setting', names.VERSION_SETTING)) : listCommand('Setting', { output: 'name' });
  return answer('VersionUnknown', `${why}: ${spans}`, look);
}

const isLonghorn = ({ driver }: SeenDriver): boolean => driver === names.LONGHORN_DRIVER;

function allows(
  seen: SeenDriver,
  engine: Engine | undefined,
  ability: Ability,
  release: HarvesterRelease,
): CapabilityAnswer {
  switch (ability) {
    case 'snapshot':
      return allowsTaking(seen, engine, 'snapshot', release);
    case 'backup':
      return allowsTaking(seen, engine, 'backup', release);
    case 'restoreElsewhere':
      if (!isLonghorn(seen)) {
        return answer(
          'NothingOnTarget',
          `the backup target holds no data of a volume of ${seen.driver || 'such a class'}`,
          'restore it into its own namespace, from a VM snapshot',
        );
      }
      return allowsTaking(seen, engine, 'backup', release);
    case 'clone':
      return answer('NotRestricted', 'Harvester creates the claim without further checks');
  }
}

function allowsTaking(
  seen: SeenDriver,
  engine: Engine | undefined,
  use: 'snapshot' | 'backup',
  release: HarvesterRelease,
): CapabilityAnswer {
  return refusedBy(seen, engine, use, release) ?? configuredFor(seen, use, release);
}

/** Rules of a release that no setting changes. */
function refusedBy(
  seen: SeenDriver,
  engine: Engine | undefined,
  use: 'snapshot' | 'backup',
  release: HarvesterRelease,
): CapabilityAnswer | undefined {
  const named = describeRelease(release);
  if (isLonghorn(seen) && (release === '1.5' || release === '1.9')) {
    if (engine === undefined) {
      return answer('EngineNotSeen', 'the Longhorn engine of the volume is not visible', 'attach the volume once');
    }
    if (engine === 'v2') {
      return answer(
        'EngineRefused',
        `Harvester ${named} refuses volumes of Longhorn’s v2 engine`,
        'Harvester 1.7 and 1.8 allow them; otherwise put the disk on a StorageClass of the v1 engine',
      );
    }
  }
  if (!isLonghorn(seen) && use === 'backup' && (release === '1.5' || release === '1.7')) {
    return answer(
      'ThirdPartyRefused',
      `Harvester ${named} refuses VM backups with volumes of ${seen.driver || 'storage other than Longhorn'}`,
      'take a VM snapshot (type snapshot), or move the volume to Longhorn',
    );
  }
  return undefined;
}

/** The answer by `csi-driver-config` and the classes that it names. */
function configuredFor(seen: SeenDriver, use: 'snapshot' | 'backup', release: HarvesterRelease): CapabilityAnswer {
  const { driver, config, classes } = seen;
  if (!isFound(config)) return answer('NotVisible', `${names.DRIVERS_SETTING}: ${config.unknown}`);
  const known = isFound(classes) ? classes.found : undefined;
  const configured: DriverConfigSetting = config.found ?? { value: { is: 'none' }, default: { is: 'none' } };
  const cure = cureFor(seen, configured, known);
  const drivers = effectiveDriverConfig(configured, release);
  if (drivers === undefined) {
    const problem = configured.value.is === 'invalid' ? configured.value.problem : 'it cannot be read';
    return answer('ConfigInvalid', `${names.DRIVERS_SETTING} is broken: ${problem}`, cure);
  }
  if (!Object.hasOwn(drivers, driver)) {
    return answer('DriverNotConfigured', `${names.DRIVERS_SETTING} has no entry for ${driver || 'such volumes'}`, cure);
  }
  const { [use]: name } = drivers[driver] as DriverClasses;
  if (name === '') {
    const what = use === 'snapshot' ? 'volumeSnapshotClassName' : 'backupVolumeSnapshotClassName';
    const cures = use === 'snapshot' || isLonghorn(seen) ? cure : 'take a VM snapshot, or move the volume to Longhorn';
    return answer('ClassNotConfigured', `${names.DRIVERS_SETTING} gives ${driver} no ${what}`, cures);
  }
  if (known === undefined) {
    return answer(
      'NotVisible',
      `whether VolumeSnapshotClass ${name} exists: ${isFound(classes) ? '' : classes.unknown}`,
    );
  }
  const wrong = wrongClass(known, name, driver, use, cure);
  if (wrong !== undefined) return wrong;
  if (use === 'backup' && isFound(seen.target) && !seen.target.found) {
    return answer(
      'NoBackupTarget',
      'no backup target is connected',
      'set Harvester’s backup-target, under Advanced / Settings',
    );
  }
  if (use === 'backup' && !isLonghorn(seen)) {
    const message = `Harvester ${describeRelease(release)} takes backups of ${driver}, but no data reaches the target`;
    return answer('BackupHollow', message, cure);
  }
  if (isLonghorn(seen) && leavesLonghornOut(configured)) {
    const message = `Harvester allows it, but the UI hides the action, because ${names.DRIVERS_SETTING} has no entry for Longhorn`;
    return answer('ActionsHidden', message, cure);
  }
  return answer('Allowed', `Harvester allows it with VolumeSnapshotClass ${name}`);
}

function wrongClass(
  classes: readonly SnapshotClass[],
  name: string,
  driver: string,
  use: 'snapshot' | 'backup',
  cure: string,
): CapabilityAnswer | undefined {
  const found = classes.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    // No value changes Harvester's own entry for Longhorn: its class has to be recreated.
    const isLonghorns = driver === names.LONGHORN_DRIVER;
    const back = createClassCommand(driver, name, use === 'snapshot' ? 'snap' : undefined);
    return answer('ClassMissing', `VolumeSnapshotClass ${name} does not exist`, isLonghorns ? back : cure);
  }
  if (found.driver !== driver) {
    return answer('ClassOfOtherDriver', `VolumeSnapshotClass ${name} is of ${found.driver}, not of ${driver}`, cure);
  }
  if (driver === names.LONGHORN_DRIVER && use === 'backup' && takesSnapshots(found)) {
    const again = replaceClassCommand(driver, name);
    return answer('ClassOfWrongType', `VolumeSnapshotClass ${name} takes snapshots, not backups`, again);
  }
  return undefined;
}

/** The command that sets the corrected value, or the step that has to come first. */
function cureFor(
  { driver }: SeenDriver,
  config: DriverConfigSetting,
  classes: readonly SnapshotClass[] | undefined,
): string {
  if (classes === undefined) return editCommand(ref('Setting', names.DRIVERS_SETTING));
  if (driver !== names.LONGHORN_DRIVER && driver !== '' && classFor(driver, classes, 'snapshot') === '') {
    return `give ${driver} a VolumeSnapshotClass first: ${createClassCommand(driver, `${driver}-snapshot`)}`;
  }
  return setDriversCommand(correctedConfig(config, classes, driver === '' ? [] : [driver]));
}
