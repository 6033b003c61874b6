import { isDeleting, isOwnedBy } from '../../shared/chain/metadata.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import { isYounger } from '../../shared/chain/dynamic-content.ts';
import * as names from '../../shared/domain/names.ts';
import type { Content, Snapshot, VM, VMBackup, VMInstance, VolumeEntry } from '../../shared/objects/types.ts';
import type { Facts, MachineThen, TakenVolume } from './facts.ts';
import { firstTakenMs, lastTakenMs } from './facts.ts';

/** Derives facts about the moment of the snapshots from the current objects, ignoring what is only true now. */

/** A volume of the VMBackup with the pair behind it. */
export interface Part {
  readonly entry: VolumeEntry;
  readonly snapshot?: Snapshot | undefined;
  readonly content?: Content | undefined;
}

/** Assumed difference between the clocks of nodes. */
export const SKEW_MS = 2_000;
/** Harvester's default duration of a freeze (all releases up to 1.8). */
const FREEZE_SECONDS = 1;
/** KubeVirt polls the freeze state of the guest every 5 s; this allows for two lost polls. */
const SEEN_MS = 15_000;

export interface Evidence {
  readonly backup: VMBackup;
  readonly parts: readonly Part[];
  readonly machine?: VM | undefined;
  readonly instance?: VMInstance | undefined;
  /**
   * Whether a younger VMBackup of the VM exists, which a current freeze belongs to. Read only while the guest is
   * frozen.
   */
  readonly younger?: boolean;
}

/** The facts, or why there are none yet: all volumes must have been taken. */
export function factsFrom({ backup, parts, machine, instance }: Evidence, nowMs: number): Facts | string {
  const uid = backup.status?.sourceUID;
  if (!uid) return 'it was recovered from the target, which does not record how its data was taken';
  if (parts.length === 0) return 'none of its volumes has been snapshotted yet';
  const volumes: Record<string, TakenVolume> = {};
  for (const part of parts) {
    const taken = takenOf(backup, part);
    if (typeof taken === 'string') return `volume ${part.entry.volumeName}: ${taken}`;
    volumes[part.entry.volumeName] = taken;
  }
  const own = instance !== undefined && isOwnedBy(instance, uid) ? instance : undefined;
  const freeze = freezeOf(backup, volumes, own);
  const then = machineThen(volumes, machine?.metadata.uid === uid ? machine : undefined, own);
  return {
    backup: backup.metadata.uid,
    volumes,
    ...(freeze !== undefined && { freeze }),
    ...(freeze === true && { freezeSeconds: seconds(backup.spec.fsFreezeDeadline) ?? FREEZE_SECONDS }),
    ...(then !== undefined && { machine: then }),
    ...(freeze === true && own !== undefined && seenThawed(volumes, own, nowMs) && { thawed: true }),
  };
}

function takenOf(backup: VMBackup, { snapshot, content }: Part): TakenVolume | string {
  if (snapshot === undefined || isDeleting(snapshot)) return 'its snapshot does not exist';
  if (!isOwnedBy(snapshot, backup.metadata.uid)) return 'its snapshot does not belong to this VMBackup';
  if (!snapshot.spec.source.persistentVolumeClaimName)
    return 'its snapshot was created from a backup, whose times say nothing about the data';
  const of = content?.spec.volumeSnapshotRef.uid === snapshot.metadata.uid ? content : undefined;
  // The creationTime of a pre-provisioned content is that of the object, not of its data.
  if (!of?.spec.source.volumeHandle) return 'its content does not exist';
  if (!of.status?.creationTime) return 'it has not been taken yet';
  const takenMs = Math.floor(of.status.creationTime / 1e6);
  const askedMs = Date.parse(snapshot.metadata.creationTimestamp ?? '');
  if (Number.isNaN(askedMs)) return 'its snapshot does not record when it was requested';
  if (isYounger(backup, takenMs)) return 'its content was lost and taken again';
  return { snapshot: snapshot.metadata.uid, askedMs, takenMs };
}

/**
 * Whether all volumes were taken frozen; undefined if not known. Harvester writes the annotation before it creates the
 * snapshot of a volume, which it does only if the freeze succeeded. From 1.5 on it writes it again for each volume. So
 * `false` means that the last volume was not frozen; `true` holds for all only if the agent was connected all the time.
 */
function freezeOf(
  { metadata }: VMBackup,
  volumes: Facts['volumes'],
  instance: VMInstance | undefined,
): boolean | undefined {
  const said = metadata.annotations?.[names.FREEZE_ANNOTATION];
  if (said === 'false') return false;
  if (said !== 'true') return undefined;
  const asked = Object.values(volumes).map(({ askedMs }) => askedMs);
  return asked.length === 1 || agentSinceMs(instance) <= Math.min(...asked) ? true : undefined;
}

/** Since when the agent is connected; Infinity if it is not: KubeVirt removes the condition when it loses the agent. */
function agentSinceMs(instance: VMInstance | undefined): number {
  const condition = instance?.status?.conditions?.find((one) => one.type === 'AgentConnected' && one.status === 'True');
  const since = Date.parse(condition?.lastTransitionTime ?? condition?.lastProbeTime ?? '');
  return Number.isNaN(since) ? Infinity : since;
}

/**
 * Whether the VM ran or was stopped when the volumes were taken; undefined if the clocks do not allow a definite
 * answer.
 */
function machineThen(
  volumes: Facts['volumes'],
  machine: VM | undefined,
  instance: VMInstance | undefined,
): MachineThen | undefined {
  const first = firstTakenMs({ volumes });
  if (instance !== undefined) {
    const ended = Math.min(enteredMs(instance, 'Succeeded'), enteredMs(instance, 'Failed'));
    // If the stop may have been at the same moment, assume the worse: just stopped.
    if (ended <= first) return { stoppedMs: ended };
    const ranAlready = runsSince(instance, volumes);
    const ranStill =
      ended === Infinity ? instance.status?.phase === 'Running' : ended > lastTakenMs({ volumes }) + SKEW_MS;
    if (ranAlready && ranStill) return 'running';
  }
  const gone = machine?.status?.conditions?.find(
    ({ type, status, reason }) => type === 'Ready' && status === 'False' && reason === 'VMINotExists',
  );
  const goneMs = Date.parse(gone?.lastTransitionTime ?? '');
  return goneMs <= first ? { stoppedMs: goneMs } : undefined;
}

/** Whether this instance was already running when the first snapshot was requested. */
const runsSince = (instance: VMInstance, volumes: Facts['volumes']): boolean =>
  enteredMs(instance, 'Running') + SKEW_MS <=
  Math.min(...Object.values(volumes).map(({ askedMs, takenMs }) => Math.min(askedMs, takenMs)));

function enteredMs({ status }: VMInstance, phase: string): number {
  const entered = status?.phaseTransitionTimestamps?.find((one) => one.phase === phase)?.phaseTransitionTimestamp;
  const ms = Date.parse(entered ?? '');
  return Number.isNaN(ms) ? Infinity : ms;
}

function seenThawed(volumes: Facts['volumes'], instance: VMInstance, nowMs: number): boolean {
  const { phase, fsFreezeStatus } = instance.status ?? {};
  const fresh = nowMs > lastTakenMs({ volumes }) + SEEN_MS && agentSinceMs(instance) < nowMs - SEEN_MS;
  return fresh && phase === 'Running' && !fsFreezeStatus && runsSince(instance, volumes);
}

/** How long after its deadline a freeze counts as hanging. */
const HANGING_MS = 60_000;

/** Whether the guest is still frozen although the snapshots of this VMBackup were requested long ago. */
export function hangsFrozen({ backup, parts, instance, younger }: Evidence, nowMs: number): boolean {
  if (younger === true) return false;
  if (instance?.status?.fsFreezeStatus !== 'frozen' || !isOwnedBy(instance, backup.status?.sourceUID ?? '-'))
    return false;
  if (backup.metadata.annotations?.[names.FREEZE_ANNOTATION] !== 'true') return false;
  const asked = parts.map(({ snapshot }) => Date.parse(snapshot?.metadata.creationTimestamp ?? ''));
  const untilMs = (seconds(backup.spec.fsFreezeDeadline) ?? FREEZE_SECONDS) * 1000 + HANGING_MS;
  return asked.length > 0 && asked.every((ms) => nowMs - ms > untilMs);
}

/** Harvester's errors when a freeze fails. It retries, and takes no snapshot until the freeze succeeds. */
const failures = ['failed to freeze file system', 'must be running for qemu-guest-agent-assisted'];

export function freezeFailure({ status }: VMBackup): string | undefined {
  const message = status?.readyToUse === true ? undefined : status?.error?.message;
  return failures.some((failure) => message?.includes(failure)) ? (message ?? undefined) : undefined;
}

/** Whether the facts still hold: no volume has another snapshot, except one that was recreated from the same backup. */
export const stillHolds = (facts: Facts, backup: VMBackup, parts: readonly Part[]): boolean =>
  entriesOf(backup).every(({ volumeName }) => {
    const taken = facts.volumes[volumeName];
    const snapshot = parts.find(({ entry }) => entry.volumeName === volumeName)?.snapshot;
    const isTaken = snapshot?.spec.source.persistentVolumeClaimName;
    return taken !== undefined && (!isTaken || snapshot.metadata.uid === taken.snapshot);
  });

const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** Seconds of a duration in Go's format, such as `1m30s`; undefined if it is invalid. */
function seconds(duration: string | null | undefined): number | undefined {
  if (!duration || !/^(\d+(\.\d+)?(h|ms|m|us|µs|ns|s))+$|^0$/.test(duration)) return undefined;
  let sum = 0;
  for (const [, amount = '', unit = ''] of duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)/g)) {
    sum += Number(amount) * (units[unit] ?? 0);
  }
  return sum;
}
