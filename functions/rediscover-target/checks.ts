import { ref } from '../../shared/domain/kinds.ts';
import { getCommand, listCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import { isAhead } from '../../shared/domain/times.ts';
import type { Setting } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import { describeInProgress, showInProgress } from '../../shared/chain/in-progress.ts';
import { judgeSetting, judgeTarget, targetRef, listTargets } from '../../shared/chain/target.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import { writeNote } from './rescan-note.ts';
import { intervalOf, targetDiffers } from './target-settings.ts';
import { causes, describeUnclaimed, describeStuck, showUnclaimed, some } from './unclaimed-causes.ts';

/** What the checks ask of. */
export interface Question {
  readonly seen: Seen;
  readonly setting: Setting;
  readonly config: Config;
  /** A finding about the setting. */
  readonly says: Says;
  /** The target, in words. */
  readonly where: string;
  /** The unclaimed backups on it: the beginning of a sentence. */
  readonly what: string;
  /** VMBackups that are not ready, in words; empty for none. */
  readonly notReady: string;
  /** The last scan that Harvester recorded is in the future: some clock is wrong. */
  readonly isAheadOfTime: boolean;
}

type Says = (reason: Reason, message: string, actions?: readonly Action[], command?: string) => Finding;

/** What it comes to; undefined where the next check is to be asked. */
type Check = (question: Question) => readonly Finding[] | undefined;

/** Longhorn does not know the target, or cannot reach it. */
const longhornReachesTarget: Check = ({ seen, says, where }) => {
  const trouble = longhornReaches(seen);
  if (trouble === undefined) return undefined;
  const [reason, what] = trouble;
  const command = seen.longhornTarget === undefined ? listTargets() : showTarget;
  return [{ ...says(reason, `${where} ${what}`, [], command), subject: targetRef }];
};

/** Harvester's setting and Longhorn's target are not the same. */
const settingIsApplied: Check = ({ seen, setting }) => {
  const differs = judgeSetting(setting, seen.longhornTarget);
  return differs === undefined ? undefined : [targetDiffers(differs)];
};

/** Longhorn is still reading what is on the target. */
const longhornHasRead: Check = ({ seen: { beingPulled }, says, where }) =>
  beingPulled === 0
    ? undefined
    : [says('TargetSyncing', `Longhorn has found ${beingPulled} backups on ${where} that it has not read yet`)];

/** Harvester scans by itself; it is only to be seen that it does. */
const harvesterRescans: Check = (question) => {
  const { seen, setting, says, where, what, isAheadOfTime } = question;
  const seconds = intervalOf(setting);
  if (seconds <= 0 || isAheadOfTime) return undefined;
  const endedMs = Date.parse(scannedAt(setting));
  if (seen.nowMs - endedMs > seconds * 1000 + LIMIT_MS) {
    return stuck(question, `Harvester scans ${where} every ${seconds} s, last at ${scannedAt(setting)},`);
  }
  const never = Number.isNaN(endedMs) && seen.recordsScans === true ? '; no scan has finished yet' : '';
  return [says('RescansItself', `${what}; Harvester scans it again every ${seconds} s${never}`), ...causes(seen)];
};

/** A scan is underway, or was begun so long ago that it is stuck. */
const noScanIsUnderway: Check = (question) => {
  const { seen, setting, says, where } = question;
  const { note, nowMs } = seen;
  // The first scan of a target may never have come to an end: only a note tells how long ago it was begun.
  const unended = keepsHash(setting) || (seen.recordsScans === true && note !== undefined);
  if (hasHash(setting) || !unended) return undefined;
  return note !== undefined && nowMs - Date.parse(note.at) > LIMIT_MS
    ? stuck(question, `Harvester was asked to scan ${where} at ${note.at}`)
    : [says('ScanUnderway', `Harvester is scanning ${where}${waitsOf(question)}`)];
};

/** The same evidence has been scanned for already: another scan finds no more. */
const evidenceIsNew: Check = ({ seen, setting, says, what }) => {
  const { note } = seen;
  if (note === undefined || note.evidence !== seen.evidence) return undefined;
  if (keepsHash(setting) && isAhead(note.at, Date.parse(scannedAt(setting)))) {
    const asked = `Harvester was asked to scan it at ${note.at}, but the last scan that it recorded is of ${scannedAt(setting)}`;
    return [says('ScanStuck', `${what}; ${asked}: something else restored its hash`, [], showWriters)];
  }
  const although = keepsHash(setting)
    ? `Harvester scanned it at ${scannedAt(setting)}; ${describeUnclaimed(seen, true)}`
    : `Harvester was asked to scan it at ${note.at}; ${describeUnclaimed(seen, false)}`;
  return [says('NothingMoreAppears', `${what}, although ${although}`, [], showUnclaimed), ...causes(seen)];
};

/** Not while a restore is in progress. */
const noRestoreIsInProgress: Check = ({ seen: { restores }, says, what }) => {
  const [first] = restores;
  if (first === undefined) return undefined;
  const them = some(restores.map((one) => `VirtualMachineRestore ${describeInProgress([one])}`));
  return [says('TargetBlocked', `${what}; no scan is started while ${them} is in progress`, [], showInProgress(first))];
};

/** What cannot be read may record the backups that seem to be unclaimed. */
const everythingIsReadable: Check = ({ seen: { unreadable, unclaimed }, says, what }) => {
  if (unreadable.length === 0) return undefined;
  const them = unclaimed.length === 1 ? 'it' : 'them';
  const why = `because ${some(unreadable)} cannot be read and may record ${them}`;
  return [says('TargetBlocked', `${what}; no scan is started, ${why}`)];
};

/** Harvester refuses the write while VMBackups are not ready. */
const harvesterTakesWrites: Check = ({ setting, says, what, notReady }) => {
  if (notReady === '' || !isCheckedInFull(setting)) return undefined;
  const why = `Harvester refuses writes to the setting while these are not ready: ${notReady}`;
  return [says('TargetBlocked', `${what}; ${why}`, [], showNotReady)];
};

/** Not so soon after the scan before. */
const hasCooledDown: Check = ({ seen: { note, nowMs }, config, says, what }) =>
  note !== undefined && nowMs < Date.parse(note.at) + config.cooldownSeconds * 1000
    ? [says('CoolingDown', `${what}; the last scan was started at ${note.at}`)]
    : undefined;

/** Longhorn syncs first: a scan that comes before finds nothing, and is remembered as done. */
const longhornHasSynced: Check = ({ seen, setting, says, what, isAheadOfTime }) => {
  const { note } = seen;
  const endedMs = isAheadOfTime ? 0 : Date.parse(scannedAt(setting)) || 0;
  const lastScanMs = Math.max(note === undefined ? 0 : Date.parse(note.at), endedMs);
  const finding = sync(seen, lastScanMs, what, says);
  return finding === undefined ? undefined : [finding];
};

/** Nothing is in the way: Harvester scans. */
const scan: Check = ({ seen, setting, says, what, config }) => [rescan(seen, setting, what, says, config)];

/** In this order; the first that answers decides. */
export const checks: readonly Check[] = [
  longhornReachesTarget,
  settingIsApplied,
  longhornHasRead,
  harvesterRescans,
  noScanIsUnderway,
  evidenceIsNew,
  noRestoreIsInProgress,
  everythingIsReadable,
  harvesterTakesWrites,
  hasCooledDown,
  longhornHasSynced,
  scan,
];

const waitsOf = ({ notReady }: Question): string => (notReady === '' ? '' : `; not ready: ${notReady}`);

const stuck = (question: Question, since: string): Finding[] => [
  question.says(
    'ScanStuck',
    `${since} and has not finished; ${describeStuck(question.seen)}${waitsOf(question)}`,
    [],
    showUnclaimed,
  ),
  ...causes(question.seen),
];

/** How long Longhorn or Harvester may take before somebody should look. */
const LIMIT_MS = 10 * 60_000;

function longhornReaches({ longhornTarget }: Seen): readonly [Reason, string] | undefined {
  if (longhornTarget === undefined)
    return ['TargetNotConnected', 'is unknown to Longhorn: BackupTarget default does not exist'];
  if (longhornTarget.status?.available !== true)
    return [judgeTarget(longhornTarget)?.reason ?? 'TargetUnavailable', 'cannot be reached by Longhorn'];
  return undefined;
}

/** Only a sync that was asked for after the last scan shows the next scan something new. */
function sync({ longhornTarget, nowMs }: Seen, lastScanMs: number, what: string, says: Says): Finding | undefined {
  if (longhornTarget === undefined) return undefined;
  const asked = longhornTarget.spec?.syncRequestedAt ?? '';
  const askedMs = Date.parse(asked) || 0;
  const insteadOf = isAhead(asked, nowMs) ? { insteadOf: asked } : {};
  if (askedMs <= lastScanMs || 'insteadOf' in insteadOf) {
    // Times have no fractions of a second; and a clock that is behind must not ask for ever.
    const atMs = Math.max(Math.floor(nowMs / 1000) * 1000, lastScanMs + 1000);
    const { name, namespace, uid } = longhornTarget.metadata;
    const target = { kind: 'BackupTarget', name, namespace, uid } as const;
    return says('SyncTarget', `${what}; Longhorn has to sync first`, [
      { do: 'syncTarget', target, at: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'), ...insteadOf },
    ]);
  }
  const syncedMs = Date.parse(longhornTarget.status?.lastSyncedAt ?? '') || 0;
  if (syncedMs >= askedMs) return undefined;
  const late = nowMs - askedMs > LIMIT_MS;
  const message = `${what}; Longhorn was asked to sync at ${longhornTarget.spec?.syncRequestedAt}`;
  return late
    ? { ...says('TargetNotSyncing', message, [], showTarget), subject: targetRef }
    : says('TargetSyncing', message);
}

function rescan(
  { note, evidence, nowMs }: Seen,
  setting: Setting,
  what: string,
  says: Says,
  { intervalSeconds }: Config,
): Finding {
  const { name, uid, resourceVersion } = setting.metadata;
  const at = new Date(nowMs).toISOString();
  return says('RescanTarget', `${what}; Longhorn has synced, so Harvester can scan it now`, [
    {
      do: 'rescanTarget',
      target: { kind: 'Setting', name, uid, resourceVersion },
      hasHash: hasHash(setting),
      note: writeNote({ at, evidence, stage: (note?.stage ?? 0) + 1 }),
      ...(intervalSeconds > 0 && { intervalSeconds }),
    },
  ]);
}

const hasHash = ({ metadata }: Setting): boolean => metadata.annotations[names.HASH_ANNOTATION] !== undefined;
/** Harvester up to 1.4.1 remembers no scan: any write to the setting starts one, Gleaner’s note too. */
const keepsHash = ({ metadata }: Setting): boolean => metadata.annotations[names.REFRESH_ANNOTATION] !== undefined;

/** With blank S3 keys Harvester's webhook accepts a write to the setting at once; any other is checked in full. */
const isCheckedInFull = ({ target }: Setting): boolean =>
  target?.is === 'target' && (target.type !== 's3' || target.hasKeys);

/** When the last scan that Harvester recorded ended, as it writes it. */
export const scannedAt = ({ metadata }: Setting): string =>
  metadata.annotations[names.REFRESH_ANNOTATION] ?? 'an unknown time';

const showTarget = getCommand(targetRef);
/** Who writes to the setting, and when; nothing of what they write. */
const showWriters = getCommand(
  ref('Setting', names.TARGET_SETTING),
  String.raw`jsonpath={range .metadata.managedFields[*]}{.manager} {.time}{"\n"}{end}`,
);
const showNotReady = listCommand('VirtualMachineBackup', {
  output: 'custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,READY:.status.readyToUse',
});
