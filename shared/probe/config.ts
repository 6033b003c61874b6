import type { VolumeMode } from '../capability/volume-mode.ts';

/** Settings of a probe. */
export interface ProbeConfig {
  /** `clean`: start and decide nothing, and remove the objects of probes. */
  readonly mode: 'probe' | 'clean';
  readonly namespace: string;
  /** Of the volumes. Default: the mode that disks of VMs have on this class. */
  readonly volumeMode?: VolumeMode | undefined;
  readonly timeoutMs: number;
  /** Image of the pod that a WaitForFirstConsumer class needs. Without it such a class cannot be probed. */
  readonly image?: string | undefined;
  /** Results before this time (ms since 1970) do not count. */
  readonly sinceMs: number;
}
