import { VOLUME_MODES_ANNOTATION } from '../domain/names.ts';
import type { Claim, StorageClass } from '../objects/types.ts';

/** How a volume is handed to what uses it: as a device, or with a file system on it. */
export const volumeModes = ['Block', 'Filesystem'] as const;
export type VolumeMode = (typeof volumeModes)[number];

export const otherMode = (mode: VolumeMode): VolumeMode => (mode === 'Block' ? 'Filesystem' : 'Block');

/** What Kubernetes makes of a claim, or of a volume, that does not say. */
export const modeOf = ({ spec }: Pick<Claim, 'spec'>): VolumeMode =>
  spec.volumeMode === 'Block' ? 'Block' : 'Filesystem';

/**
 * What the disks of VMs are on this class. Harvester's are Block, and so is every claim it makes from a volume snapshot;
 * only where the class notes for CDI that it has nothing but file systems are they that. Harvester 1.5 and later want the
 * note on every class whose driver CDI does not know. Source: `storageProfileVolumeModeAccessModes` in Harvester's
 * `pkg/util/storageprofile.go`, JSON of `mode: [access modes]`.
 */
export function modeForDisks({ metadata }: Pick<StorageClass, 'metadata'>): VolumeMode {
  let noted: unknown;
  try {
    noted = JSON.parse(metadata.annotations?.[VOLUME_MODES_ANNOTATION] ?? '{}');
  } catch {
    return 'Block';
  }
  const modes = Object.keys(noted ?? {});
  return modes.includes('Filesystem') && !modes.includes('Block') ? 'Filesystem' : 'Block';
}
