import { ref } from '../../shared/domain/kinds.ts';
import { getCommand, listCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { Setting } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import { writeNote } from './rescan-note.ts';
import type { Seen } from './observe.ts';
import { listTargets } from '../../shared/chain/links.ts';
import { describeInProgress, showInProgress } from '../../shared/chain/in-progress.ts';
import { judgeSetting, judgeTarget, targetRef } from '../../shared/chain/target.ts';
import { isAhead } from '../../shared/domain/times.ts';
import { causes, describeUnclaimed, describeStuck, showUnclaimed, some } from './unclaimed-causes.ts';
import {
  targetIdle,
  describeTarget,
  intervalOf,
  rescanDisabled,
  targetDiffers,
  withoutTarget,
} from './target-settings.ts';

/**
 * Decides whether the backup target is to be scanned again. Pure. Longhorn's sync comes first, since a scan that comes
 * too early finds nothing and is remembered as done; then one scan for the evidence there is; and the same evidence is
 * never scanned twice.
 */
export function plan(seen: Seen, config: Config): Plan {
  const { setting } = seen;
  const absent = withoutTarget(setting);
  if (absent !== undefined || setting === undefined) return { findings: absent === undefined ? [] : [absent] };
  if (seen.unclaimed.every(({ foreign }) => foreign) && seen.beingPulled === 0)
    return { findings: [targetIdle(setting)] };
  const advice = rescanDisabled(setting);
  return { findings: [...decide(seen, setting, config), ...(advice === undefined ? [] : [advice])] };
}

function decide(seen: Seen, setting: Setting, config: Config): Finding[] {
  const { unclaimed, note, nowMs } = seen;
  const says = (reason: Reason, message: string, actions: readonly Action[] = [], command?: string): Finding => ({
    subject: seen.subject,
    reason,
    message,
    ...(command !== undefined && { command }),
    facts: {
      unclaimed: String(unclaimed.length),
      ...(unclaimed[0] !== undefined && { backup: unclaimed[0].backup }),
      stage: String(note?.stage ?? 0),
    },
    actions,
  });
  const where = describeTarget(setting);
  const what = `${unclaimed.length} ${unclaimed.length === 1 ? 'backup' : 'backups'} on ${where} (${some(unclaimed.map((u) => u.backup))}) ${unclaimed.length === 1 ? 'belongs' : 'belong'} to no VMBackup${seen.unreadable.length > 0 ? ' that can be read' : ''}`;

  const reached = longhornReaches(seen);
  if (reached !== undefined)
    return [
      {
        ...says(
          reached[0],
          `${where} ${reached[1]}`,
          [],
          seen.longhornTarget === undefined ? listTargets() : showTarget,
        ),
        subject: targetRef,
      },
    ];
  const differs = judgeSetting(setting, seen.longhornTarget);
  if (differs !== undefined) return [targetDiffers(differs)];
  if (seen.beingPulled > 0) {
    return [
      says('TargetSyncing', `Longhorn has found ${seen.beingPulled} backups on ${where} that it has not read yet`),
    ];
  }
  const blockers = some(seen.unsettled);
  const waits = blockers === '' ? '' : `; not ready: ${blockers}`;
  const stuck = (since: string): Finding[] => [
    says('ScanStuck', `${since} and has not finished; ${describeStuck(seen)}${waits}`, [], showUnclaimed),
    ...causes(seen),
  ];
  const isAheadOfTime = isAhead(scannedAt(setting), nowMs);
  if (intervalOf(setting) > 0 && !isAheadOfTime) {
    const endedMs = Date.parse(scannedAt(setting));
    if (nowMs - endedMs > intervalOf(setting) * 1000 + LIMIT_MS) {
      return stuck(`Harvester scans ${where} every ${intervalOf(setting)} s, last at ${scannedAt(setting)},`);
    }
    const never = Number.isNaN(endedMs) && seen.recordsScans === true ? '; no scan has finished yet' : '';
    const rescans = `${what}; Harvester scans it again every ${intervalOf(setting)} s${never}`;
    return [says('RescansItself', rescans), ...causes(seen)];
  }
  // The first scan of a target may never have come to an end: only a note tells how long ago it was begun.
  const unended = keepsHash(setting) || (seen.recordsScans === true && note !== undefined);
  if (!hasHash(setting) && unended) {
    if (note !== undefined && nowMs - Date.parse(note.at) > LIMIT_MS)
      return stuck(`Harvester was asked to scan ${where} at ${note.at}`);
    return [says('ScanUnderway', `Harvester is scanning ${where}${waits}`)];
  }
  if (note?.evidence === seen.evidence) {
    if (keepsHash(setting) && isAhead(note.at, Date.parse(scannedAt(setting)))) {
      const asked = `Harvester was asked to scan it at ${note.at}, but the last scan that it recorded is of ${scannedAt(setting)}`;
      return [says('ScanStuck', `${what}; ${asked}: something else restored its hash`, [], showWriters)];
    }
    return [
      says(
        'NothingMoreAppears',
        keepsHash(setting)
          ? `${what}, although Harvester scanned it at ${scannedAt(setting)}; ${describeUnclaimed(seen, true)}`
          : `${what}, although Harvester was asked to scan it at ${note.at}; ${describeUnclaimed(seen, false)}`,
        [],
        showUnclaimed,
      ),
      ...causes(seen),
    ];
  }
  const [restore] = seen.restores;
  if (restore !== undefined) {
    const them = some(seen.restores.map((one) => `VirtualMachineRestore ${describeInProgress([one])}`));
    const message = `${what}; no scan is started while ${them} is in progress`;
    return [says('TargetBlocked', message, [], showInProgress(restore))];
  }
  if (seen.unreadable.length > 0) {
    const them = unclaimed.length === 1 ? 'it' : 'them';
    return [
      says(
        'TargetBlocked',
        `${what}; no scan is started, because ${some(seen.unreadable)} cannot be read and may record ${them}`,
      ),
    ];
  }
  if (blockers !== '' && isCheckedInFull(setting)) {
    return [
      says(
        'TargetBlocked',
        `${what}; Harvester refuses writes to the setting while these are not ready: ${blockers}`,
        [],
        showNotReady,
      ),
    ];
  }
  const endedMs = isAheadOfTime ? 0 : Date.parse(scannedAt(setting)) || 0;
  const lastScanMs = Math.max(note === undefined ? 0 : Date.parse(note.at), endedMs);
  if (note !== undefined && nowMs < Date.parse(note.at) + config.cooldownSeconds * 1000) {
    return [says('CoolingDown', `${what}; the last scan was started at ${note.at}`)];
  }
  return [sync(seen, lastScanMs, what, says) ?? rescan(seen, setting, what, says, config)];
}

type Says = (reason: Reason, message: string, actions?: readonly Action[], command?: string) => Finding;

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

const scannedAt = ({ metadata }: Setting): string =>
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
