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

/** All there is to say of one object. */
export interface Explanation {
  readonly subject: Ref;
  /** The VMBackups it is a link of, each with all its links. */
  readonly chains: readonly {
    readonly backup: Ref;
    readonly links: readonly Link[];
    /** What its last restore drill showed. */
    readonly drill?: string;
  }[];
  readonly findings: readonly Found[];
  /** Oldest first. */
  readonly happened: readonly Happened[];
  /** Why Events are missing in that. */
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
 * What every function would make of an event about the object: the same roads that an event takes, from the object to
 * whatever it concerns.
 */
export async function explain(
  subject: Ref,
  { reader: live, functions, configOf, nowMs }: ExplainContext,
): Promise<Explanation> {
  const reader = memoize(live);
  const read = await orUnreadable<{ readonly object?: unknown } | { readonly odd: UnreadableObject }>(
    async () => ({ object: await reader.get(subject.kind, subject.name, subject.namespace) }),
    (odd) => ({ odd }),
  );
  if ('odd' in read) return { ...nothingToTell(subject, read.odd), ...(await happenedTo(reader, [subject])) };
  const { object } = read;
  if (object === undefined) throw new UsageError(`${describeRef(subject)} does not exist`);

  const findings = new Map<string, Found>();
  const backups = new Map<string, Ref>();
  const add = (by: string, finding: Finding) => {
    // That it is in progress keeps others from acting; of the restore itself it is no trouble.
    if (finding.reason === 'RestoreInProgress' && finding.subject.kind === 'VirtualMachineRestore') return;
    // Of an object that cannot be read nobody knows more than another.
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
      (odd) => [notTold(at, odd)],
    );
  };
  const follow = (at: Ref, carried: unknown, hear = add, wanted: (at: Ref) => boolean = () => true) =>
    orUnreadable(
      async () => {
        for (const fn of functions)
          for await (const concerned of subjectsOf(fn, changeOf(at, carried), reader, (found) => hear(fn.name, found)))
            if (wanted(concerned)) for (const finding of await lookAt(fn, concerned)) hear(fn.name, finding);
      },
      (odd) => add('verify-backup', unreadable(odd)),
    );
  await follow(subject, object);
  for (const at of await affectedVMBackups(reader, subject, object)) {
    const there = await orUnreadable<unknown>(
      () => reader.get(at.kind, at.name, at.namespace),
      (odd) => void add('verify-backup', unreadable(odd)),
    );
    // The other volumes’ objects have stories of their own.
    if (there !== undefined) await follow(at, there, add, (one) => refKey(one) === refKey(at));
  }
  if (subject.kind === 'VirtualMachineRestore') {
    // One command mends all of them: the one that the restore’s own finding gives.
    const told = [...findings.values()].find(({ finding }) => finding.command?.startsWith('gleaner apply ') === true);
    const command = told?.finding.command ?? `gleaner apply vmrestore/${subject.name} -n ${subject.namespace}`;
    const hear = (by: string, finding: Finding) =>
      add(by, finding.actions.length > 0 ? { ...finding, command } : finding);
    for (const at of await pairsOfRestore(reader, object as VMRestore)) {
      const part = await orUnreadable<unknown>(
        () => reader.get(at.kind, at.name, at.namespace),
        (odd) => void add('verify-backup', unreadable(odd)),
      );
      if (part !== undefined) await follow(at, part, hear);
    }
  }
  const chains: { backup: Ref; links: readonly Link[]; drill?: string }[] = [];
  const drills = backups.size === 0 ? {} : await drillsOf(reader);
  // Only a sweep tells of the address, so that no function that events start needs to read the setting.
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
      () => undefined, // a function has told of it
    );
    if (backup === undefined) continue;
    const moved = judgeAddress(backup, setting);
    if (moved !== undefined) add('rediscover-target', addressFinding(backup, moved));
    const entry = drills[backup.metadata.uid];
    const known = entry?.proved !== undefined || entry?.failed !== undefined;
    const drill = known ? { drill: resultOf(entry)[1] } : {};
    const links = await orUnreadable(
      async () => judgeStatus(await readChain(reader, backup, { classes: true }), nowMs).links,
      (odd) => void add('verify-backup', unreadable(odd)),
    );
    if (links === undefined) continue;
    chains.push({ backup: at, links, ...drill });
    // Told of the target once, and of each backup behind it only here.
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
    const onUnreadable = ({ object, message: odd }: Unreadable) => {
      const message = `${odd}, so it is unknown whether it claims ${describeRef(subject)}`;
      add('verify-backup', unreadable({ object, message, command: getCommand(object) }));
    };
    await forEachUnreadable(reader, 'VirtualMachineBackup', onUnreadable);
  }
  // Some of it only the lists of a whole cluster show. Who may not read them all is told the rest.
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

/** Of an object that does not have the shape of its kind only that can be said. */
const nothingToTell = (subject: Ref, odd: UnreadableObject): Omit<Explanation, 'happened' | 'happenedUnknown'> => ({
  subject,
  chains: [],
  findings: [{ function: 'verify-backup', finding: unreadable({ ...odd, object: subject }) }],
});

const unreadable = ({ object, message, command }: UnreadableObject): Finding => ({
  subject: object,
  reason: 'ObjectUnreadable',
  message,
  command,
  actions: [],
});

const notTold = (subject: Ref, odd: UnreadableObject): Finding =>
  unreadable({ ...odd, message: `${describeRef(subject)} cannot be checked: ${odd.message}` });

/** The story of a VMBackup is found by its name, as functions find it. */
const changeOf = ({ kind, name, namespace = '' }: Ref, object: unknown): Change =>
  ({ kind, name, namespace, type: 'update', ...(kind !== 'VirtualMachineBackup' && { object }) }) as Change;

/** The record of the drills, where it may be read; of another namespace `gleaner drill` tells. */
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

/** Kubernetes Events about these; of a namespace whose Events cannot be read there are none, and it is said why. */
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
