import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { showFinalizersCommand } from '../../shared/domain/kubectl.ts';
import { hangs } from '../../shared/chain/waiting.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Link } from '../../shared/chain/link.ts';
import type { Chain } from '../../shared/chain/chain.ts';
import { judgeMetadata } from '../../shared/chain/readiness.ts';
import { judgeRestore } from '../../shared/restore/hanging.ts';
import type { VMBackupStatus } from '../../shared/chain/vmbackup-status.ts';
import { judgeStatus } from '../../shared/chain/vmbackup-status.ts';
import { judgeSync, judgeTarget, commandForTarget } from '../../shared/chain/target.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Config } from './config.ts';
import type { Seen, SeenBackup } from './observe.ts';
import { eventsFor, reportFor } from './records.ts';
import { isOfTheTarget, isOfTheWhole, restoreTrouble, targetTrouble, issuesOf } from './issues.ts';

/** Says what is broken and writes it down where people look. Pure; there is nothing here that could repair or delete. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  const { subject } = seen;
  switch (seen.is) {
    case 'nothing':
      return only({
        subject,
        reason: subject.kind === 'VirtualMachineRestore' ? 'RestoreGone' : 'VMBackupGone',
        message: `${describeRef(subject)} does not exist`,
        actions: [],
      });
    case 'vmbackup':
      return planBackup(seen, config, nowMs);
    case 'restore':
      return planRestore(seen, config, nowMs);
    case 'target':
      return planTarget(seen, config, nowMs);
  }
}

const only = (finding: Finding): Plan => ({ findings: [finding] });

function planRestore(seen: Extract<Seen, { is: 'restore' }>, config: Config, nowMs: number): Plan {
  const judged = judgeRestore(seen, nowMs);
  const { uid, namespace, name } = seen.restore.metadata;
  const about = { ...ref('VirtualMachineRestore', name, namespace), uid, namespace };
  const finding: Finding = {
    subject: seen.subject,
    reason: judged.reason,
    message: judged.message,
    ...(judged.command !== undefined && { command: judged.command }),
    ...(judged.cause !== undefined && { facts: { cause: describeRef(judged.cause) } }),
    actions: [],
  };
  return { findings: [finding], records: eventsFor(about, restoreTrouble(judged), seen.events, config, nowMs) };
}

function planTarget(seen: Extract<Seen, { is: 'target' }>, config: Config, nowMs: number): Plan {
  const { subject, target } = seen;
  const trouble = judgeTarget(target) ?? judgeSync(target, nowMs);
  if (trouble === undefined || (trouble.reason !== 'TargetUnavailable' && !seen.inUse)) {
    const message = trouble?.detail ?? 'the backup target is reachable';
    return only({ subject, reason: 'TargetReachable', message, actions: [] });
  }
  const { reason, detail: message } = trouble;
  const findings = [{ subject, reason, message, command: commandForTarget(reason), actions: [] }];
  if (target === undefined) return { findings };
  const { uid, namespace, name } = target.metadata;
  const about = { ...ref('BackupTarget', name, namespace), uid, namespace };
  return { findings, records: eventsFor(about, targetTrouble(trouble), seen.events, config, nowMs) };
}

function planBackup(seen: SeenBackup & { subject: Finding['subject'] }, config: Config, nowMs: number): Plan {
  const { subject, backup, chain } = seen;
  if (isDeleting(backup)) return planDeletion(seen, nowMs);
  if (chain === undefined) return { findings: [] };
  const standing = judgeStatus(chain, nowMs);
  const { uid, namespace } = backup.metadata;
  const about = { ...ref('VirtualMachineBackup', backup.metadata.name, namespace), uid, namespace };
  return {
    findings: findingsOf(subject, chain, standing),
    records: [
      ...eventsFor(about, issuesOf(chain, nowMs), seen.events, config, nowMs),
      ...reportFor(seen, standing.links, nowMs),
    ],
  };
}

/** A deletion that hangs, and the Longhorn Backups that hang with it. */
function planDeletion({ subject, backup, going }: SeenBackup & { subject: Finding['subject'] }, nowMs: number): Plan {
  const held = hangs(backup, nowMs);
  if (held === undefined)
    return only({
      subject,
      reason: 'VMBackupDeleting',
      message: `${describeRef(subject)} is being deleted`,
      actions: [],
    });
  const hanging = (at: Ref, why: string): Finding => ({
    subject: at,
    reason: 'DeletionHangs',
    message: `${describeRef(at)} ${why}`,
    command: showFinalizersCommand(at),
    actions: [],
  });
  const behind = (going ?? []).flatMap((one) => {
    const why = hangs(one, nowMs);
    return why === undefined ? [] : [hanging(ref('Backup', one.metadata.name, one.metadata.namespace), why)];
  });
  return { findings: [hanging(subject, held), ...behind] };
}

function findingsOf(subject: Finding['subject'], chain: Chain, { links, readiness, past }: VMBackupStatus): Finding[] {
  const findings: Finding[] =
    readiness === undefined
      ? []
      : [
          {
            subject,
            reason: readiness.reason,
            message: readiness.message,
            ...(readiness.command !== undefined && { command: readiness.command }),
            actions: [],
          },
        ];
  const other = links.find(({ reason }) => reason === 'OtherTarget');
  if (other !== undefined) {
    const { reason, message, command } = other;
    findings.push({ subject, reason, message, ...(command !== undefined && { command }), actions: [] });
  }
  if (past !== undefined) findings.push({ subject, ...past, actions: [] });
  const metadata = judgeMetadata(chain);
  if (metadata !== undefined) findings.push({ subject, ...metadata, actions: [] });
  // While the whole is being made, that its parts are not there yet is no news.
  const told = readiness?.reason === 'VMBackupInProgress' ? links.filter(({ result }) => result !== 'wait') : links;
  for (const volume of new Set(told.map((link) => link.volume))) {
    findings.push(
      ...volumeFindings(
        subject,
        chain,
        told.filter((link) => link.volume === volume),
      ),
    );
  }
  return findings;
}

/** Each broken link by itself, about the object at fault; one word where none is. */
function volumeFindings(subject: Finding['subject'], chain: Chain, links: readonly Link[]): Finding[] {
  const [first] = links;
  if (first === undefined) return [];
  const entry = chain.volumes.find((v) => v.entry.volumeName === first.volume)?.entry;
  const facts = {
    vmbackup: `${subject.namespace}/${subject.name}`,
    ...(entry?.name && { snapshot: `${subject.namespace}/${entry.name}` }),
    ...(entry?.longhornBackupName && { backup: entry.longhornBackupName }),
  };
  const about = { volume: first.volume, facts, actions: [] } as const;
  const broken = links.filter(
    (link, at) =>
      (link.result === 'fail' || link.result === 'wait') &&
      !isOfTheWhole(link) &&
      !isOfTheTarget(link) &&
      // A volume that is there twice is told of once.
      links.findIndex(({ link: name, message }) => name === link.link && message === link.message) === at,
  );
  if (broken.length > 0) {
    return broken.map(({ object, reason, message, command, link }) => ({
      ...about,
      subject: object,
      reason,
      message,
      ...(command !== undefined && { command }),
      facts: { ...facts, link },
    }));
  }
  if (links.every(({ result }) => result === 'pass')) {
    const message = `volume ${first.volume} can be restored: every link to the target is intact`;
    return [{ ...about, subject, reason: 'BackupVerified', message }];
  }
  const skipped =
    links.find(({ reason }) => reason === 'SnapshotNeverSeen') ??
    links.find(({ reason }) => reason === 'NotALonghornVolume' || reason === 'SnapshotTypeBackup');
  if (skipped !== undefined) return [{ ...about, subject, reason: skipped.reason, message: skipped.message }];
  const cause = links.find(({ result }) => result === 'fail' || result === 'wait');
  const message = `volume ${first.volume} cannot be verified${cause === undefined ? '' : `: ${cause.message}`}`;
  return [{ ...about, subject, reason: 'NotVerifiable', message }];
}
