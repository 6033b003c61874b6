import { readChain } from '../../shared/chain/read-chain.ts';
import type { Link } from '../../shared/chain/link.ts';
import { judgeStatus } from '../../shared/chain/vmbackup-status.ts';
import { resultOf } from '../../shared/chain/drill-marks.ts';
import type { UnreadableObject } from '../../shared/chain/unreadable.ts';
import { unlessForbidden } from '../../shared/ports/attempt.ts';
import { addressFinding, judgeAddress } from '../../shared/chain/target.ts';
import { forEachUnreadable, orUnreadable } from '../../shared/chain/unreadable.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { describeRef, refKey } from '../../shared/domain/kinds.ts';
import { getCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { AnyFunction, Change } from '../../shared/function.ts';
import { KubeError } from '../../shared/ports/errors.ts';
import { memoize } from '../../shared/kube/memoize.ts';
import type { Reader, Unreadable } from '../../shared/ports/reader.ts';
import type { DrillEntry, KubeEvent, VMRestore } from '../../shared/objects/types.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { EVENTS_NAMESPACE } from '../../shared/plan/event-text.ts';
import { completedOrThrow, reconcile } from '../../shared/runtime/reconcile.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { UsageError } from '../command.ts';
import { sentenceOf } from '../errors.ts';
import type { Found } from '../output/findings.ts';
import { pairsOfRestore } from '../selection/pairs-of-restore.ts';
import { affectedVMBackups } from '../affected-vmbackups.ts';

/** Everything that `gleaner explain` shows about one object. */
export interface Explanation {
  readonly subject: Ref;
  /** The VMBackups whose chain contains the object, each with all links. */
  readonly chains: readonly {
    readonly backup: Ref;
    readonly links: readonly Link[];
    /** The result of its last restore drill. */
    readonly drill?: string;
  }[];
  readonly findings: readonly Found[];
  /** Kubernetes Events, oldest first. */
  readonly happened: readonly Happened[];
  /** Why Events are missing in `happened`. */
  readonly happenedUnknown?: string;
}

export interface Happened {
  readonly at: string;
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly count: number;
}

export interface ExplainContext {
  readonly reader: Reader;
  readonly functions: readonly AnyFunction[];
  readonly configOf: (fn: AnyFunction) => unknown;
  readonly nowMs: number;
}

/**
 * What every function would find after an event about the object, following the same routes from the object to its
 * subjects.
 */
export async function explain(
  subject: Ref,
  { reader: live, functions, configOf, nowMs }: ExplainContext,
): Promise<Explanation> {
  const reader = memoize(live);
  const read = await orUnreadable<{ readonly object?: unknown } | { readonly failed: UnreadableObject }>(
    async () => ({ object: await reader.get(subject.kind, subject.name, subject.namespace) }),
    (failed) => ({ failed }),
  );
  if ('failed' in read)
    return { ...unreadableExplanation(subject, read.failed), ...(await happenedTo(reader, [subject])) };
  const { object } = read;
  if (object === undefined) throw new UsageError(`${describeRef(subject)} does not exist`);

  const findings = new Map<string, Found>();
  const backups = new Map<string, Ref>();
  const add = (by: string, finding: Finding) => {
    // "In progress" blocks other functions but is no problem of the restore itself.
    if (finding.reason === 'RestoreInProgress' && finding.subject.kind === 'VirtualMachineRestore') return;
    // All functions report an unreadable object alike: keep one finding.
    const who = finding.reason === 'ObjectUnreadable' ? '' : by;
    const key = `${who} ${refKey(finding.subject)} ${finding.volume ?? ''} ${finding.reason}`;
    if (!findings.has(key) || who !== '') findings.set(key, { function: by, finding });
  };
  const lookAt = async (fn: AnyFunction, at: Ref) => {
    if (at.kind === 'VirtualMachineBackup') backups.set(refKey(at), at);
    return orUnreadable(
      async () => {
        const session = { reader, config: configOf(fn), records: false, nowMs: () => nowMs } as const;
        return completedOrThrow(await reconcile(fn, at, session)).plan.findings;
      },
      (failed) => [blockedFinding(at, failed)],
    );
  };
  const follow = (at: Ref, carried: unknown, hear = add, wanted: (at: Ref) => boolean = () => true) =>
    orUnreadable(
      async () => {
        for (const fn of functions)
          for await (const concerned of subjectsOf(fn, changeOf(at, carried), reader, (found) => hear(fn.name, found)))
            if (wanted(concerned)) for (const finding of await lookAt(fn, concerned)) hear(fn.name, finding);
      },
      (failed) => add('verify-backup', unreadable(failed)),
    );
  await follow(subject, object);
  for (const at of await affectedVMBackups(reader, subject, object)) {
    const there = await orUnreadable<unknown>(
      () => reader.get(at.kind, at.name, at.namespace),
      (failed) => void add('verify-backup', unreadable(failed)),
    );
    // Objects of the other volumes have explanations of their own.
    if (there !== undefined) await follow(at, there, add, (one) => refKey(one) === refKey(at));
  }
  if (subject.kind === 'VirtualMachineRestore') {
    // One command repairs them all: that of the restore's own finding.
    const ownRepair = [...findings.values()].find(
      ({ finding }) => finding.command?.startsWith('gleaner apply ') === true,
    );
    const command = ownRepair?.finding.command ?? `gleaner apply vmrestore/${subject.name} -n ${subject.namespace}`;
    const hear = (by: string, finding: Finding) =>
      add(by, finding.actions.length > 0 ? { ...finding, command } : finding);
    for (const at of await pairsOfRestore(reader, object as VMRestore)) {
      const part = await orUnreadable<unknown>(
        () => reader.get(at.kind, at.name, at.namespace),
        (failed) => void add('verify-backup', unreadable(failed)),
      );
      if (part !== undefined) await follow(at, part, hear);
    }
  }
  const chains: { backup: Ref; links: readonly Link[]; drill?: string }[] = [];
  const drills = backups.size === 0 ? {} : await drillsOf(reader);
  // Functions check the address only in sweeps, so that events need not read the Setting.
  const setting =
    backups.size === 0
      ? undefined
      : await unlessForbidden(() =>
          orUnreadable(
            () => reader.get('Setting', names.TARGET_SETTING),
            () => undefined,
          ),
        );
  for (const at of backups.values()) {
    const backup = await orUnreadable(
      () => reader.get('VirtualMachineBackup', at.name, at.namespace),
      () => undefined, // a function reports it
    );
    if (backup === undefined) continue;
    const moved = judgeAddress(backup, setting);
    if (moved !== undefined) add('rediscover-target', addressFinding(backup, moved));
    const entry = drills[backup.metadata.uid];
    const known = entry?.proved !== undefined || entry?.failed !== undefined;
    const drill = known ? { drill: resultOf(entry)[1] } : {};
    const links = await orUnreadable(
      async () => judgeStatus(await readChain(reader, backup, { classes: true }), nowMs).links,
      (failed) => void add('verify-backup', unreadable(failed)),
    );
    if (links === undefined) continue;
    chains.push({ backup: at, links, ...drill });
    // The target is reported once; its effect on each backup only here.
    const away = links.find(({ link, result, object }) => link === 'target' && result === 'fail' && isTarget(object));
    if (away !== undefined) {
      const { object, reason, message, command } = away;
      add('verify-backup', {
        subject: object,
        reason,
        message,
        ...(command !== undefined && { command }),
        actions: [],
      });
    }
  }
  if (chains.length === 0 && mayBeOrphan.has(subject.kind)) {
    const onUnreadable = ({ object, message: failed }: Unreadable) => {
      const message = `${failed}, so it is unknown whether it claims ${describeRef(subject)}`;
      add('verify-backup', unreadable({ object, message, command: getCommand(object) }));
    };
    await forEachUnreadable(reader, 'VirtualMachineBackup', onUnreadable);
  }
  // Some findings need lists of the whole cluster. Without permission to read them, show the others.
  const isIt = (at: Ref) => refKey(at) === refKey(subject);
  const sweeping = { functions, reader: live, configOf, only: isIt, records: false, nowMs: () => nowMs };
  await unlessForbidden(async () => {
    for await (const swept of sweep(sweeping)) {
      for (const finding of findingsOf(swept)) if (isIt(finding.subject)) add(swept.function, finding);
    }
  });
  return {
    subject,
    chains,
    findings: [...findings.values()],
    ...(await happenedTo(reader, [subject, ...backups.values()])),
  };
}

const isTarget = ({ kind }: Ref): boolean => kind === 'BackupTarget';

/** The explanation of an unreadable object. */
const unreadableExplanation = (
  subject: Ref,
  failed: UnreadableObject,
): Omit<Explanation, 'happened' | 'happenedUnknown'> => ({
  subject,
  chains: [],
  findings: [{ function: 'verify-backup', finding: unreadable({ ...failed, object: subject }) }],
});

const unreadable = ({ object, message, command }: UnreadableObject): Finding => ({
  subject: object,
  reason: 'ObjectUnreadable',
  message,
  command,
  actions: [],
});

const blockedFinding = (subject: Ref, failed: UnreadableObject): Finding =>
  unreadable({ ...failed, message: `${describeRef(subject)} cannot be checked: ${failed.message}` });

/** The event that functions would get. A VMBackup is routed by its name. */
const changeOf = ({ kind, name, namespace = '' }: Ref, object: unknown): Change =>
  ({ kind, name, namespace, type: 'update', ...(kind !== 'VirtualMachineBackup' && { object }) }) as Change;

/** The record of the drills, if it may be read. Only of the default namespace; `gleaner drill` reads others. */
async function drillsOf(reader: Reader): Promise<Readonly<Record<string, DrillEntry>>> {
  try {
    return (await reader.get('ConfigMap', names.DRILL_RECORD, names.DRILL_NAMESPACE))?.drills ?? {};
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return {};
  }
}

const mayBeOrphan: ReadonlySet<Ref['kind']> = new Set(['Backup', 'VolumeSnapshot', 'VolumeSnapshotContent']);

async function* subjectsOf(
  fn: AnyFunction,
  change: Change,
  reader: Reader,
  onFinding: (finding: Finding) => void,
): AsyncGenerator<Ref> {
  if (!fn.watches.some(({ kind }) => kind === change.kind)) return;
  const considered = fn.route(change);
  if ('findings' in considered) considered.findings.forEach(onFinding);
  else if ('subjects' in considered) yield* considered.subjects;
  else yield* considered.search(reader);
}

/** Kubernetes Events about these objects. For namespaces whose Events cannot be read, says why they are missing. */
async function happenedTo(
  reader: Reader,
  subjects: readonly Ref[],
): Promise<Pick<Explanation, 'happened' | 'happenedUnknown'>> {
  const wanted = new Set(subjects.map(({ kind, name, namespace }) => `${kind}/${namespace ?? ''}/${name}`));
  const happened: Happened[] = [];
  let unknown: string | undefined;
  for (const namespace of new Set(subjects.map((subject) => subject.namespace ?? EVENTS_NAMESPACE))) {
    try {
      for await (const event of reader.list('Event', { namespace })) {
        const { kind, name } = event.regarding ?? {};
        if (wanted.has(`${kind}/${event.regarding?.namespace ?? ''}/${name}`)) happened.push(toHappened(event));
      }
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      unknown ??= sentenceOf(error);
    }
  }
  return {
    happened: happened.sort((a, b) => a.at.localeCompare(b.at)),
    ...(unknown !== undefined && { happenedUnknown: unknown }),
  };
}

const toHappened = ({ series, eventTime, deprecatedLastTimestamp, metadata, ...event }: KubeEvent): Happened => ({
  at: series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? '',
  about: `${event.regarding?.kind} ${event.regarding?.name}`,
  type: event.type ?? '',
  reason: event.reason ?? '',
  note: event.note ?? '',
  count: series?.count ?? 1,
});
