import { ref } from '../domain/kinds.ts';
import { applyCommand, deleteCommand, patchCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import type { DriverClasses, DriverConfig } from '../objects/drivers.ts';
import type { SnapshotClass } from '../objects/types.ts';
import type { HarvesterRelease } from './releases.ts';

/** The Setting `csi-driver-config`: the configured value, and Harvester's default. */
export interface DriverConfigSetting {
  readonly value: DriverConfig;
  readonly default: DriverConfig;
}

type Drivers = Readonly<Record<string, DriverClasses>>;

/** Harvester's built-in entry for Longhorn, if the Setting has no default. */
const LONGHORN: DriverClasses = { snapshot: 'longhorn-snapshot', backup: names.BACKUP_CLASS };

const driversIn = (config: DriverConfig): Drivers => (config.is === 'drivers' ? config.drivers : {});

/**
 * The configuration that decides about VMBackups; undefined if it is invalid. Up to 1.3 the value replaces the default.
 */
export function effectiveDriverConfig(
  { value, default: byDefault }: DriverConfigSetting,
  release: HarvesterRelease,
): Drivers | undefined {
  if (value.is === 'invalid') return undefined;
  if (release === '1.3') return value.is === 'none' ? driversIn(byDefault) : driversIn(value);
  return { ...driversIn(value), ...driversIn(byDefault) };
}

/** The configuration that the UI uses: the value, else the default. */
export const displayConfig = ({ value, default: byDefault }: DriverConfigSetting): Drivers =>
  value.is === 'none' ? driversIn(byDefault) : driversIn(value);

export const leavesLonghornOut = ({ value }: DriverConfigSetting): boolean =>
  value.is === 'drivers' && !Object.hasOwn(value.drivers, names.LONGHORN_DRIVER);

/** Whether a VolumeSnapshotClass of Longhorn takes snapshots in the cluster, not backups on the target. */
export const takesSnapshots = ({ parameters }: Pick<SnapshotClass, 'parameters'>): boolean =>
  parameters.type === 'snap';

/** The VolumeSnapshotClass to suggest for a driver: the default one, else the first; empty without any. */
export function classFor(driver: string, classes: readonly SnapshotClass[], use: 'snapshot' | 'backup'): string {
  const own = classes
    .filter((one) => one.driver === driver && !one.metadata.deletionTimestamp)
    .sort((a, b) => rank(a) - rank(b) || a.metadata.name.localeCompare(b.metadata.name));
  // Only Longhorn creates backups: a backup class of another driver would promise backups without data.
  if (driver !== names.LONGHORN_DRIVER) return use === 'snapshot' ? (own[0]?.metadata.name ?? '') : '';
  const byDefault = own.find(({ metadata }) => metadata.name === LONGHORN[use]);
  return (byDefault ?? own.find((one) => takesSnapshots(one) === (use === 'snapshot')))?.metadata.name ?? LONGHORN[use];
}

const DEFAULT_CLASS = 'snapshot.storage.kubernetes.io/is-default-class';
const rank = ({ metadata }: SnapshotClass): number => (metadata.annotations?.[DEFAULT_CLASS] === 'true' ? 0 : 1);

/** Whether the class of this name fits the entry of this driver. */
function isUsableClass(
  name: string,
  driver: string,
  use: 'snapshot' | 'backup',
  classes: readonly SnapshotClass[],
): boolean {
  const found = classes.find(({ metadata }) => metadata.name === name);
  if (found === undefined || found.driver !== driver) return false;
  return driver !== names.LONGHORN_DRIVER || use !== 'backup' || !takesSnapshots(found);
}

/**
 * The corrected value: keeps what is right, replaces classes that are missing or of another driver, and adds Longhorn
 * and the requested drivers. Keeps nothing of an invalid value.
 */
export function correctedConfig(
  config: DriverConfigSetting,
  classes: readonly SnapshotClass[],
  also: readonly string[] = [],
): Drivers {
  const before: Drivers = { ...driversIn(config.default), ...driversIn(config.value) };
  // An invalid value may have had an entry for every driver with a class.
  const guessed = config.value.is === 'invalid' ? classes.map((one) => one.driver) : [];
  const drivers = [...new Set([names.LONGHORN_DRIVER, ...Object.keys(before), ...also, ...guessed])];
  const right = (driver: string, use: 'snapshot' | 'backup') => {
    const name = before[driver]?.[use] ?? '';
    if (driver !== names.LONGHORN_DRIVER && use === 'backup') return '';
    return isUsableClass(name, driver, use, classes) ? name : classFor(driver, classes, use);
  };
  return Object.fromEntries(
    drivers.map((driver) => [driver, { snapshot: right(driver, 'snapshot'), backup: right(driver, 'backup') }]),
  );
}

/** The value in Harvester's JSON format. */
export const valueOf = (drivers: Drivers): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(drivers).map(([driver, { snapshot, backup }]) => [
        driver,
        { volumeSnapshotClassName: snapshot, backupVolumeSnapshotClassName: backup },
      ]),
    ),
  );

/** The command that sets the value, ready to paste. */
export const setDriversCommand = (drivers: Drivers): string =>
  patchCommand(ref('Setting', names.DRIVERS_SETTING), { value: valueOf(drivers) });

/** The command that creates a VolumeSnapshotClass, ready to paste. `type`: parameter of Longhorn's classes. */
export function createClassCommand(driver: string, name: string, type?: 'snap'): string {
  const made = {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name },
    driver,
    deletionPolicy: 'Delete',
    ...(type !== undefined && { parameters: { type } }),
  };
  return applyCommand(made);
}

/** The command that deletes and recreates a VolumeSnapshotClass, which is immutable. Ready to paste. */
export const replaceClassCommand = (driver: string, name: string, type?: 'snap'): string =>
  `${deleteCommand(ref('VolumeSnapshotClass', name))} && ${createClassCommand(driver, name, type)}`;
