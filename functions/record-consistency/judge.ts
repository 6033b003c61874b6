import type { ConsistencyLevel } from '../../shared/chain/consistency.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { SKEW_MS } from './evidence.ts';
import type { Facts } from './facts.ts';
import { firstTakenMs, spreadSeconds } from './facts.ts';

/** What known facts come to. More facts only ever answer what was unknown. */
export interface Judgment {
  readonly worth: ConsistencyLevel | 'unknown';
  /** Predicate of a sentence about the VMBackup. */
  readonly message: string;
}

export const reasonOf: Readonly<Record<ConsistencyLevel | 'unknown', Reason>> = {
  frozen: 'ConsistencyFrozen',
  'freeze-lapsed': 'ConsistencyFreezeLapsed',
  'freeze-unsure': 'ConsistencyFreezeUnsure',
  crash: 'ConsistencyCrash',
  off: 'ConsistencyOff',
  'just-stopped': 'ConsistencyJustStopped',
  unknown: 'ConsistencyUnknown',
};

/** `shareable`: disks of the VM that other VMs may write to; to them neither its freeze nor its end says anything. */
export function judge(
  facts: Facts,
  {
    justStoppedSeconds,
    shareable = [],
  }: { readonly justStoppedSeconds: number; readonly shareable?: readonly string[] },
): Judgment {
  const { freeze, machine } = facts;
  const told = (worth: ConsistencyLevel | 'unknown', message: string): Judgment => ({
    worth,
    message: `${message}${spreadOf(facts)}`,
  });
  if (freeze === undefined) return told('unknown', 'does not record whether the file systems were frozen');
  const overrun = freeze ? overrunOf(facts) : undefined;
  const shared = Object.keys(facts.volumes).find((volume) => shareable.includes(volume));
  if (overrun?.is === 'within' && shared === undefined)
    return told('frozen', `was taken while the file systems were frozen${frozenFor(facts)}`);
  if (overrun?.is === 'within')
    return told(
      'freeze-unsure',
      `was taken while the VM’s own file systems were frozen${frozenFor(facts)}; but disk ${shared} is shareable, and writes of other VMs to it are not frozen`,
    );
  // How the VM was cannot be told later: without it neither a crash nor a stop may be claimed.
  if (machine === undefined) return told('unknown', unseen(facts));
  if (machine !== 'running') {
    const ago = Math.round((firstTakenMs(facts) - machine.stoppedMs) / 1000);
    if (ago >= justStoppedSeconds) {
      const unless =
        shared === undefined
          ? ''
          : `; but disk ${shared} is shareable: if another VM was writing to it, it is only crash-consistent`;
      return told('off', `was taken with the VM off, since ${iso(machine.stoppedMs)}${unless}`);
    }
    return told(
      'just-stopped',
      `was taken ${ago} s after the VM had stopped: its last writes may not have reached the disks; run sync in the guest before you stop it, or wait ${justStoppedSeconds} s`,
    );
  }
  if (overrun === undefined) {
    return told('crash', 'was taken while the VM was running and nothing was frozen: it is crash-consistent');
  }
  if (overrun.is === 'lapsed') {
    return told(
      'freeze-lapsed',
      `was taken while the VM was running; its file systems had been frozen${frozenFor(facts)}, but volume ${overrun.volume} was taken ${overrun.seconds} s after the freeze: it is crash-consistent`,
    );
  }
  return told(
    'freeze-unsure',
    `was taken while the VM was running and about when its file systems were frozen${frozenFor(facts)}; volume ${overrun.volume} was taken ${overrun.seconds} s after the freeze, and clocks may differ`,
  );
}

const unseen = ({ freeze }: Facts): string =>
  freeze === true
    ? 'was frozen before it was taken, but may have thawed before that; whether the VM was running was not observed'
    : 'was taken without a freeze; whether the VM was running or off was not observed';

interface Overrun {
  readonly is: 'within' | 'unsure' | 'lapsed';
  /** The volume that was taken last after its freeze, and how long after. */
  readonly volume: string;
  readonly seconds: number;
}

/** Times are of whole seconds: two that are one apart may be of nearly the same moment, or of nearly two. */
const ROUNDING_MS = 1_000;

/**
 * Whether each volume was taken before the freeze that came before it was over. A freeze that finds the guest frozen
 * already does not begin anew: the first one's deadline stands.
 */
function overrunOf({ volumes, freezeSeconds = 0 }: Facts): Overrun {
  const lastsMs = freezeSeconds === 0 ? Infinity : freezeSeconds * 1000;
  const order = Object.entries(volumes).sort(([, a], [, b]) => a.askedMs - b.askedMs);
  let beganMs = -Infinity;
  let worst: Overrun = { is: 'within', volume: '', seconds: 0 };
  for (const [volume, { askedMs, takenMs }] of order) {
    if (askedMs - beganMs > lastsMs || beganMs === -Infinity) beganMs = askedMs;
    const afterMs = takenMs - beganMs;
    const lateMs = afterMs - lastsMs;
    // Before it was asked for, it cannot have been taken: the clocks differ by more than can be allowed for.
    const early = takenMs < askedMs - SKEW_MS;
    const is = early ? 'unsure' : lateMs <= 0 ? 'within' : lateMs <= ROUNDING_MS + SKEW_MS ? 'unsure' : 'lapsed';
    if (severity[is] > severity[worst.is] || (is === worst.is && is !== 'within' && afterMs > worst.seconds * 1000)) {
      worst = { is, volume, seconds: Math.round(afterMs / 1000) };
    }
  }
  return worst;
}

const severity: Readonly<Record<Overrun['is'], number>> = { within: 0, unsure: 1, lapsed: 2 };

function frozenFor({ freezeSeconds = 0, thawed }: Facts): string {
  const long = freezeSeconds === 0 ? 'until they are thawed by hand' : `for up to ${freezeSeconds} s`;
  return ` (${long}${thawed === true ? '; seen thawed afterwards' : ''})`;
}

function spreadOf(facts: Facts): string {
  const count = Object.keys(facts.volumes).length;
  const spread = spreadSeconds(facts);
  if (count < 2) return '';
  return spread === 0
    ? `; its ${count} volumes were taken in the same second`
    : `; its ${count} volumes were taken ${spread} s apart`;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
