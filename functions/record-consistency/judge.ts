import type { ConsistencyLevel } from '../../shared/chain/consistency.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { SKEW_MS } from './evidence.ts';
import type { Facts } from './facts.ts';
import { firstTakenMs, spreadSeconds } from './facts.ts';

/** The level that the known facts prove. More facts only ever replace `unknown`. */
export interface Judgment {
  readonly level: ConsistencyLevel | 'unknown';
  /** Predicate of a sentence whose subject is the VMBackup. */
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

/** The input of the checks. */
interface Question {
  readonly facts: Facts;
  /** Whether a volume was taken after the freeze; undefined without a freeze. */
  readonly overrun: Overrun | undefined;
  /** Name of a disk that other VMs may write to, even while this VM is frozen or off. */
  readonly shared: string | undefined;
  readonly justStoppedSeconds: number;
}

/** The first check that answers decides, in the order of `checks`. */
type ConsistencyCheck = (question: Question) => Judgment | undefined;

/**
 * Derives one consistency level from the facts. Pure.
 * `shareable`: names of the VM's disks that other VMs may write to.
 */
export function judge(
  facts: Facts,
  {
    justStoppedSeconds,
    shareable = [],
  }: { readonly justStoppedSeconds: number; readonly shareable?: readonly string[] },
): Judgment {
  const question: Question = {
    facts,
    overrun: facts.freeze === true ? overrunOf(facts) : undefined,
    shared: Object.keys(facts.volumes).find((volume) => shareable.includes(volume)),
    justStoppedSeconds,
  };
  for (const check of checks) {
    const judgment = check(question);
    if (judgment !== undefined) return { ...judgment, message: `${judgment.message}${spreadOf(facts)}` };
  }
  return { level: 'unknown', message: unseen(facts) };
}

/** Without a record of the freeze the level is unknown. */
const freezeUnknown: ConsistencyCheck = ({ facts }) =>
  facts.freeze === undefined
    ? { level: 'unknown', message: 'does not record whether the file systems were frozen' }
    : undefined;

/** Every volume was taken within the freeze. A shareable disk is not frozen for the other VMs. */
const takenFrozen: ConsistencyCheck = ({ facts, overrun, shared }) => {
  if (overrun?.is !== 'within') return undefined;
  return shared === undefined
    ? { level: 'frozen', message: `was taken while the file systems were frozen${frozenFor(facts)}` }
    : {
        level: 'freeze-unsure',
        message: `was taken while the VM’s own file systems were frozen${frozenFor(facts)}; but disk ${shared} is shareable, and writes of other VMs to it are not frozen`,
      };
};

/** Without the state of the VM, neither `crash` nor `off` is proven. */
const machineUnknown: ConsistencyCheck = ({ facts }) =>
  facts.machine === undefined ? { level: 'unknown', message: unseen(facts) } : undefined;

/** The VM was off. Just after a stop its last writes may not have reached the disks. */
const takenOff: ConsistencyCheck = ({ facts, shared, justStoppedSeconds }) => {
  const { machine } = facts;
  if (machine === undefined || machine === 'running') return undefined;
  const ago = Math.round((firstTakenMs(facts) - machine.stoppedMs) / 1000);
  if (ago < justStoppedSeconds) {
    return {
      level: 'just-stopped',
      message: `was taken ${ago} s after the VM had stopped: its last writes may not have reached the disks; run sync in the guest before you stop it, or wait ${justStoppedSeconds} s`,
    };
  }
  const unless =
    shared === undefined
      ? ''
      : `; but disk ${shared} is shareable: if another VM was writing to it, it is only crash-consistent`;
  return { level: 'off', message: `was taken with the VM off, since ${iso(machine.stoppedMs)}${unless}` };
};

/** The VM ran, and nothing was frozen. */
const takenRunning: ConsistencyCheck = ({ overrun }) =>
  overrun === undefined
    ? {
        level: 'crash',
        message: 'was taken while the VM was running and nothing was frozen: it is crash-consistent',
      }
    : undefined;

/** The VM ran, and a volume was taken after the end of the freeze: certainly, or possibly if the clocks differ. */
const takenThawed: ConsistencyCheck = ({ facts, overrun }) => {
  if (overrun === undefined) return undefined;
  const { volume, seconds } = overrun;
  return overrun.is === 'lapsed'
    ? {
        level: 'freeze-lapsed',
        message: `was taken while the VM was running; its file systems had been frozen${frozenFor(facts)}, but volume ${volume} was taken ${seconds} s after the freeze: it is crash-consistent`,
      }
    : {
        level: 'freeze-unsure',
        message: `was taken while the VM was running and about when its file systems were frozen${frozenFor(facts)}; volume ${volume} was taken ${seconds} s after the freeze, and clocks may differ`,
      };
};

const checks: readonly ConsistencyCheck[] = [
  freezeUnknown,
  takenFrozen,
  machineUnknown,
  takenOff,
  takenRunning,
  takenThawed,
];

const unseen = ({ freeze }: Facts): string =>
  freeze === true
    ? 'was frozen before it was taken, but may have thawed before that; whether the VM was running was not observed'
    : 'was taken without a freeze; whether the VM was running or off was not observed';

interface Overrun {
  readonly is: 'within' | 'unsure' | 'lapsed';
  /** The volume that was taken longest after its freeze, and by how long. */
  readonly volume: string;
  readonly seconds: number;
}

/** Timestamps have whole seconds, so a difference of one second may be anything from almost 0 s to almost 2 s. */
const ROUNDING_MS = 1_000;

/**
 * Whether each volume was taken before its freeze ended. Freezing a guest that is frozen already does not extend the
 * first freeze.
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
    // Taken before it was requested: the clocks differ by more than SKEW_MS.
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
