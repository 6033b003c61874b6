import { isRecord } from '../domain/json.ts';

/** Harvester's setting `csi-driver-config`, parsed. */
export type DriverConfig =
  | { readonly is: 'none' }
  | { readonly is: 'invalid'; readonly problem: string }
  | { readonly is: 'drivers'; readonly drivers: Readonly<Record<string, DriverClasses>> };

/** Names of VolumeSnapshotClasses; empty if not set. */
export interface DriverClasses {
  readonly snapshot: string;
  readonly backup: string;
}

/** The form of a CSI driver name in Kubernetes. */
export const DRIVER_NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/i;
const CLASS_NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/;

/**
 * Parses the setting and keeps only names, because the value may contain anything. Accepts what Harvester's Go decoder
 * accepts: any case of field names, null, and keys that are no driver names. Reports as invalid exactly what the
 * decoder rejects.
 */
export function readDrivers(value: unknown): DriverConfig {
  if (value === undefined || value === null || value === '') return { is: 'none' };
  if (typeof value !== 'string') return invalid('it is not a string');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return invalid('it is not JSON');
  }
  if (parsed === null) return { is: 'drivers', drivers: {} };
  if (!isRecord(parsed)) return invalid('it is not a JSON object of drivers');
  const drivers: Record<string, DriverClasses> = {};
  for (const [driver, entry] of Object.entries(parsed)) {
    const isDriver = DRIVER_NAME.test(driver);
    if (entry !== null && !isRecord(entry)) {
      return invalid(`its entry for ${isDriver ? driver : 'an invalid driver name'} is not an object`);
    }
    if (!isDriver) continue;
    const [snapshot, backup] = [
      fieldOf(entry ?? {}, 'volumeSnapshotClassName'),
      fieldOf(entry ?? {}, 'backupVolumeSnapshotClassName'),
    ];
    if (!isClassName(snapshot) || !isClassName(backup)) {
      return invalid(`its entry for ${driver} has an invalid class name`);
    }
    drivers[driver] = { snapshot, backup };
  }
  return { is: 'drivers', drivers };
}

/** Case-insensitive lookup (as Go's encoding/json); the last match wins. */
function fieldOf(entry: Record<string, unknown>, name: string): unknown {
  const found = Object.entries(entry).filter(
    ([key, value]) => key.toLowerCase() === name.toLowerCase() && value !== null,
  );
  return found.at(-1)?.[1] ?? '';
}

const invalid = (problem: string): DriverConfig => ({ is: 'invalid', problem });
const isClassName = (name: unknown): name is string => typeof name === 'string' && CLASS_NAME.test(name);
