/**
 * What is known about how the data of a VMBackup was taken. Each fact is about the moment of the snapshots and never
 * changes, so facts can be learnt in any order and repeatedly. Unknown facts are absent.
 */
export interface Facts {
  /** Uid of the VMBackup. */
  readonly backup: string;
  /** All volumes, by their name in the VM. */
  readonly volumes: Readonly<Record<string, TakenVolume>>;
  /** Whether the file systems were frozen for every volume. */
  readonly freeze?: boolean;
  /** Seconds after which a freeze ends by itself; 0: never. */
  readonly freezeSeconds?: number;
  readonly machine?: MachineThen;
  /** The file systems were seen thawed afterwards. */
  readonly thawed?: true;
}

export interface TakenVolume {
  /** Uid of the VolumeSnapshot: a new one under the same name holds other data. */
  readonly snapshot: string;
  /** When the snapshot was requested (ms since 1970). A freeze comes just before. */
  readonly askedMs: number;
  /** When the driver took it (ms since 1970). */
  readonly takenMs: number;
}

/**
 * The VM while its volumes were taken: running all the time, or stopped before the first, at `stoppedMs` or earlier.
 */
export type MachineThen = 'running' | { readonly stoppedMs: number };

/**
 * Merges facts: known ones are kept, new ones only fill gaps, so a later state of the cluster never changes a recorded
 * fact.
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
/** Seconds between the first and the last volume. */
export const spreadSeconds = (facts: Pick<Facts, 'volumes'>): number =>
  Math.round((lastTakenMs(facts) - firstTakenMs(facts)) / 1000);
