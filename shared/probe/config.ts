import type { VolumeMode } from '../capability/volume-mode.ts';

/** How a probe is to be done. */
export interface ProbeConfig {
  /** `clean`: begin nothing and come to no result, and remove what probes have made. */
  readonly mode: 'probe' | 'clean';
  readonly namespace: string;
  /** Of the volumes; what the class gives VMs’ disks where it is not said. */
  readonly volumeMode?: VolumeMode | undefined;
  readonly timeoutMs: number;
  /** What a pod runs where a class waits for one; without it such a class cannot be probed. */
  readonly image?: string | undefined;
  /** A result from before this does not count. */
  readonly sinceMs: number;
}
