import { ref } from '../domain/kinds.ts';
import { annotateCommand } from '../domain/kubectl.ts';
import type { ChainVolume } from '../chain/chain.ts';
import type { Check } from './check.ts';

const ALLOWS = 'snapshot.storage.kubernetes.io/allow-volume-mode-change';

/**
 * A failed check, or undefined if the mode of the volume is no obstacle.
 *
 * The claim gets the recorded mode. csi-provisioner (from 4.0 on, as in Longhorn 1.7) does not convert a snapshot
 * between Block and Filesystem. A content without a mode is not checked.
 */
export function checkMode({ entry, content }: ChainVolume): Check | undefined {
  const was = content?.spec.sourceVolumeMode;
  const { volumeName: volume, persistentVolumeClaim } = entry;
  const becomes = persistentVolumeClaim?.spec?.volumeMode ?? 'Filesystem';
  if (content === undefined || !was || was === becomes || isTrue(content.metadata.annotations?.[ALLOWS]))
    return undefined;
  return {
    name: 'volume',
    volume,
    result: 'fail',
    message: `volume ${volume} is recorded as ${becomes}, but its content was taken from a ${was} volume: the provisioner refuses it, and the restore hangs`,
    cure: annotateCommand(ref('VolumeSnapshotContent', content.metadata.name), ALLOWS, 'true'),
  };
}

/** Go’s ParseBool. */
const isTrue = (text: string | undefined): boolean => /^(1|t|T|TRUE|true|True)$/.test(text ?? '');
