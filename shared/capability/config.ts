import { ref } from '../domain/kinds.ts';
import { applyCommand, deleteCommand, patchCommand } from '../domain/kubectl.ts';
import * as names from '../domain/names.ts';
import type { DriverClasses, DriverConfig } from '../objects/drivers.ts';
import type { SnapshotClass } from '../objects/types.ts';
import type { HarvesterRelease } from './releases.ts';

/** The Setting `csi-driver-config`: what somebody wrote, and what Harvester brings. */
export interface DriverConfigSetting {
  readonly value: DriverConfig;
  readonly default: DriverConfig;
}

type Drivers = Readonly<Record<string, DriverClasses>>;

/** As Harvester brings it; used where the Setting itself does not say. */
const LONGHORN: DriverClasses = { snapshot: 'longhorn-snapshot', backup: names.BACKUP_CLASS };

const driversIn = (config: DriverConfig): Drivers => (config.is === 'drivers' ? config.drivers : {});

/** What decides over a VMBackup; undefined where it cannot be read. Up to 1.3 the value replaces the default. */
export function effectiveDriverConfig(
  { value, default: byDefault }: DriverConfigSetting,
  release: HarvesterRelease,
): Drivers | undefined {
  if (value.is === 'invalid') return undefined;
  if (release === '1.3') return value.is === 'none' ? driversIn(byDefault) : driversIn(value);
  return { ...driversIn(value), ...driversIn(byDefault) };
}

/** What the UI goes by: the value, else the default. */
export const displayConfig = ({ value, default: byDefault }: DriverConfigSetting): Drivers =>
  value.is === 'none' ? driversIn(byDefault) : driversIn(value);

export const leavesLonghornOut = ({ value }: DriverConfigSetting): boolean =>
  value.is === 'drivers' && !Object.hasOwn(value.drivers, names.LONGHORN_DRIVER);

/** Longhorn's class takes snapshots in the cluster, rather than backups on the target. */
export const takesSnapshots = ({ parameters }: Pick<SnapshotClass, 'parameters'>): boolean =>
  parameters.type === 'snap';

/** The class to take for a driver where none, or a wrong one, is named: the default one, else the first. */
export function classFor(driver: string, classes: readonly SnapshotClass[], use: 'snapshot' | 'backup'): string {
  const own = classes
    .filter((one) => one.driver === driver && !one.metadata.deletionTimestamp)
    .sort((a, b) => rank(a) - rank(b) || a.metadata.name.localeCompare(b.metadata.name));
  // Only Longhorn makes backups; for all others a class there promises what nobody keeps.
  if (driver !== names.LONGHORN_DRIVER) return use === 'snapshot' ? (own[0]?.metadata.name ?? '') : '';
  const byDefault = own.find(({ metadata }) => metadata.name === LONGHORN[use]);
  return (byDefault ?? own.find((one) => takesSnapshots(one) === (use === 'snapshot')))?.metadata.name ?? LONGHORN[use];
}

const DEFAULT_CLASS = 'snapshot.storage.kubernetes.io/is-default-class';
const rank = ({ metadata }: SnapshotClass): number => (metadata.annotations?.[DEFAULT_CLASS] === 'true' ? 0 : 1);

/** Whether a class of this name is what the entry of this driver needs. */
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
 * The value as it should be: all that is right in it is kept, classes that are missing or of another driver are replaced,
 * Longhorn is in it, and the drivers asked for too. Of a value that cannot be read nothing is kept.
 */
export function correctedConfig(
  config: DriverConfigSetting,
  classes: readonly SnapshotClass[],
  also: readonly string[] = [],
): Drivers {
  const before: Drivers = { ...driversIn(config.default), ...driversIn(config.value) };
  // Of what cannot be read, those that have a class may have been in it.
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

/** The value as Harvester spells it. */
export const valueOf = (drivers: Drivers): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(drivers).map(([driver, { snapshot, backup }]) => [
        driver,
        { volumeSnapshotClassName: snapshot, backupVolumeSnapshotClassName: backup },
      ]),
    ),
  );

/** Ready to paste. */
export const setDriversCommand = (drivers: Drivers): string =>
  patchCommand(ref('Setting', names.DRIVERS_SETTING), { value: valueOf(drivers) });

/** Ready to paste. */
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

/** Ready to paste: a class cannot be changed, so the one of that name goes first. */
export const replaceClassCommand = (driver: string, name: string, type?: 'snap'): string =>
  `${deleteCommand(ref('VolumeSnapshotClass', name))} && ${createClassCommand(driver, name, type)}`;
