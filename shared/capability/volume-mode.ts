import { VOLUME_MODES_ANNOTATION } from '../domain/names.ts';
import type { Claim, StorageClass } from '../objects/types.ts';

/** How a pod gets a volume: as a device, or as a file system. */
export const volumeModes = ['Block', 'Filesystem'] as const;
export type VolumeMode = (typeof volumeModes)[number];

export const otherMode = (mode: VolumeMode): VolumeMode => (mode === 'Block' ? 'Filesystem' : 'Block');

/** The mode of a claim or volume, by Kubernetes' default Filesystem. */
export const modeOf = ({ spec }: Pick<Claim, 'spec'>): VolumeMode =>
  spec.volumeMode === 'Block' ? 'Block' : 'Filesystem';

/**
 * Mode of VM disks on this class: Block, as every claim that Harvester creates from a volume snapshot, unless the CDI
 * annotation of the class lists only Filesystem. Harvester 1.5 and later require that annotation for every driver that
 * CDI does not know. Source: `storageProfileVolumeModeAccessModes` in Harvester's `pkg/util/storageprofile.go`, JSON of
 * `mode: [access modes]`.
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
