/** What Harvester's list of CSI drivers says, as far as it is one. */
export type DriverConfig =
  | { readonly is: 'none' }
  | { readonly is: 'invalid'; readonly problem: string }
  | { readonly is: 'drivers'; readonly drivers: Readonly<Record<string, DriverClasses>> };

/** Names of VolumeSnapshotClasses; empty where there is none. */
export interface DriverClasses {
  readonly snapshot: string;
  readonly backup: string;
}

/** What Kubernetes takes as the name of a CSI driver. */
export const DRIVER_NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/i;
const CLASS_NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/;

/** Keeps names only: anybody may have written anything into it. */
export function readDrivers(value: unknown): DriverConfig {
  if (value === undefined || value === null || value === '') return { is: 'none' };
  if (typeof value !== 'string') return invalid('it is no text');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return invalid('it is not JSON');
  }
  if (!isRecord(parsed)) return invalid('it is not a JSON object of drivers');
  const drivers: Record<string, DriverClasses> = {};
  for (const [driver, entry] of Object.entries(parsed)) {
    if (!DRIVER_NAME.test(driver)) return invalid('one of its keys is no name of a CSI driver');
    if (!isRecord(entry)) return invalid(`its entry for ${driver} is not an object`);
    const { volumeSnapshotClassName: snapshot = '', backupVolumeSnapshotClassName: backup = '' } = entry;
    if (!isClassName(snapshot) || !isClassName(backup)) {
      return invalid(`its entry for ${driver} has a class name that no VolumeSnapshotClass can have`);
    }
    drivers[driver] = { snapshot, backup };
  }
  return { is: 'drivers', drivers };
}

const invalid = (problem: string): DriverConfig => ({ is: 'invalid', problem });
const isClassName = (name: unknown): name is string => typeof name === 'string' && CLASS_NAME.test(name);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
