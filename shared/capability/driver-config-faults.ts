import { ref } from '../domain/kinds.ts';
import { editCommand, patchCommand } from '../domain/kubectl.ts';
import { isFound } from '../ports/attempt.ts';
import * as names from '../domain/names.ts';
import type { SnapshotClass } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';
import type { DriverConfigSetting } from './config.ts';
import {
  correctedConfig,
  leavesLonghornOut,
  createClassCommand,
  setDriversCommand,
  replaceClassCommand,
  displayConfig,
  takesSnapshots,
} from './config.ts';
import type { ClusterStorage } from './read.ts';
import { releaseOf } from './releases.ts';

export interface ConfigFault {
  readonly reason: Extract<Reason, `Config${string}` | 'HollowBackups'>;
  readonly message: string;
  /** A command, ready to paste. */
  readonly cure: string;
  readonly driver?: string;
}

/** The faults of `csi-driver-config` itself. Empty for what cannot be read or does not exist. */
export function faultsOf({ config, classes, version }: ClusterStorage): ConfigFault[] {
  if (!isFound(config) || config.found === undefined) return [];
  const configured = config.found;
  const known = isFound(classes) ? classes.found : undefined;
  const cure =
    known === undefined
      ? editCommand(ref('Setting', names.DRIVERS_SETTING))
      : setDriversCommand(correctedConfig(configured, known));
  if (configured.value.is === 'invalid') {
    const message = `${names.DRIVERS_SETTING} cannot be parsed: ${configured.value.problem}; Harvester refuses all snapshots and backups`;
    return [{ reason: 'ConfigInvalid', message, cure }];
  }
  const faults: ConfigFault[] = [];
  if (leavesLonghornOut(configured)) {
    const message = `${names.DRIVERS_SETTING} has no entry for ${names.LONGHORN_DRIVER}: Harvester’s UI hides snapshot and backup of its volumes`;
    faults.push({ reason: 'ConfigWithoutLonghorn', message, cure });
  }
  if (known !== undefined) faults.push(...classFaults(configured, known, cure));
  const release = isFound(version) ? releaseOf(version.found) : undefined;
  if (release === '1.3' || release === '1.4' || release === '1.9') faults.push(...hollowBackups(configured, cure));
  return faults;
}

function classFaults(config: DriverConfigSetting, classes: readonly SnapshotClass[], cure: string): ConfigFault[] {
  const brought = config.default.is === 'drivers' ? config.default.drivers : {};
  // The default also counts beside a value; from 1.4 on it takes precedence.
  const entries = [...Object.entries(displayConfig(config)), ...Object.entries(brought)];
  const seen = new Set<string>();
  return entries.flatMap(([driver, entry]) =>
    (['snapshot', 'backup'] as const).flatMap((use): ConfigFault[] => {
      const name = entry[use];
      const once = `${driver} ${use} ${name}`;
      if (name === '' || seen.has(once)) return [];
      seen.add(once);
      const found = classes.find(({ metadata }) => metadata.name === name);
      const where = `${names.DRIVERS_SETTING} gives ${driver} VolumeSnapshotClass ${name}`;
      // No value can replace Longhorn's own classes: they have to be recreated.
      const longhorns = driver === names.LONGHORN_DRIVER && name === (brought[driver]?.[use] ?? name);
      if (found === undefined) {
        const back = longhorns ? createClassCommand(driver, name, use === 'snapshot' ? 'snap' : undefined) : cure;
        return [{ reason: 'ConfigClassMissing', message: `${where}, which does not exist`, cure: back, driver }];
      }
      const again = replaceClassCommand(driver, name, use === 'snapshot' ? 'snap' : undefined);
      if (found.driver !== driver) {
        const message = `${where}, which is of ${found.driver}: every snapshot with it fails`;
        return [{ reason: 'ConfigClassOfOtherDriver', message, cure: longhorns ? again : cure, driver }];
      }
      if (driver === names.LONGHORN_DRIVER && use === 'backup' && takesSnapshots(found)) {
        const message = `${where} for backups, which takes snapshots: no data reaches the target`;
        return [{ reason: 'ConfigClassOfOtherDriver', message, cure: longhorns ? again : cure, driver }];
      }
      return [];
    }),
  );
}

/** Entries that let Harvester take backups without data, in releases that do not refuse them. */
function hollowBackups(config: DriverConfigSetting, cure: string): ConfigFault[] {
  return Object.entries(displayConfig(config)).flatMap(([driver, { backup }]) =>
    backup === '' || driver === names.LONGHORN_DRIVER
      ? []
      : [
          {
            reason: 'HollowBackups' as const,
            message: `${names.DRIVERS_SETTING} gives ${driver} a backup class: Harvester takes the backups, but no data reaches the target`,
            cure,
            driver,
          },
        ],
  );
}

/**
 * The fault of the VolumeSnapshotClass of restores into another namespace. Harvester's own class is in the list of
 * drivers and is reported there.
 */
export function faultOfRestoreClass(
  name: string | undefined,
  { classes }: Pick<ClusterStorage, 'classes'>,
): ConfigFault | undefined {
  if (!name || name === names.BACKUP_CLASS || !isFound(classes)) return undefined;
  const found = classes.found.find(({ metadata }) => metadata.name === name);
  const cure = patchCommand(ref('Setting', names.CLASS_SETTING), { value: names.BACKUP_CLASS });
  const where = `${names.CLASS_SETTING} names VolumeSnapshotClass ${name}`;
  const then = 'snapshots of a restore into another namespace never become ready';
  if (found === undefined)
    return { reason: 'ConfigClassMissing', message: `${where}, which does not exist: ${then}`, cure };
  if (found.driver === names.LONGHORN_DRIVER) return undefined;
  return { reason: 'ConfigClassOfOtherDriver', message: `${where}, which is of ${found.driver}: ${then}`, cure };
}
