/**
 * What is known of how a VMBackup's data was taken. Each fact is about the moment of the snapshots and stays true, so
 * the order in which they are learnt does not matter, nor how often; what is not known is absent.
 */
export interface Facts {
  /** Uid of the VMBackup. */
  readonly backup: string;
  /** By name of the VM's volume; all of them. */
  readonly volumes: Readonly<Record<string, TakenVolume>>;
  /** Whether Harvester had the file systems frozen for every volume. */
  readonly freeze?: boolean;
  /** How long a freeze lasts if nobody thaws sooner; 0: until somebody does. */
  readonly freezeSeconds?: number;
  readonly machine?: MachineThen;
  /** The file systems were seen thawed afterwards. */
  readonly thawed?: true;
}

export interface TakenVolume {
  /** Uid of the VolumeSnapshot: one that comes again under its name holds other data. */
  readonly snapshot: string;
  /** When the snapshot was asked for. The freeze, where there is one, comes just before. */
  readonly askedMs: number;
  /** When the driver took it. */
  readonly takenMs: number;
}

/** The VM while its volumes were taken: running all the time, or stopped before the first (at the latest then). */
export type MachineThen = 'running' | { readonly stoppedMs: number };

/**
 * What was known before stays; what comes only fills gaps. A later state of the world never makes another fact of one
 * that was recorded.
 */
export function fill(known: Facts | undefined, more: Facts | undefined): Facts | undefined {
  if (known === undefined || more === undefined) return known ?? more;
  const freeze = known.freeze ?? more.freeze;
  const freezeSeconds = known.freezeSeconds ?? more.freezeSeconds;
  const machine = known.machine ?? more.machine;
  return {
    backup: known.backup,
    volumes: known.volumes,
    ...(freeze !== undefined && { freeze }),
    ...(freezeSeconds !== undefined && { freezeSeconds }),
    ...(machine !== undefined && { machine }),
    ...((known.thawed ?? more.thawed) && { thawed: true }),
  };
}

export const firstTakenMs = ({ volumes }: Pick<Facts, 'volumes'>): number =>
  Math.min(...Object.values(volumes).map(({ takenMs }) => takenMs));
export const lastTakenMs = ({ volumes }: Pick<Facts, 'volumes'>): number =>
  Math.max(...Object.values(volumes).map(({ takenMs }) => takenMs));
/** How far apart in time the volumes are. */
export const spreadSeconds = (facts: Pick<Facts, 'volumes'>): number =>
  Math.round((lastTakenMs(facts) - firstTakenMs(facts)) / 1000);
