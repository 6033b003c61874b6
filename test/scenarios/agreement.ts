/** Compares what a function concludes from lists with what it decides when it reads the same objects one by one. */
import * as all from '../../functions/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import { baseWorld } from '../../sandbox/scenarios/base.ts';
import type { KindName, Ref } from '../../shared/domain/kinds.ts';
import { describeRef, kinds, ref, refKey } from '../../shared/domain/kinds.ts';
import type { AnyFunction, Healthy, Routed } from '../../shared/function.ts';
import * as names from '../../shared/domain/names.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { needsAttention } from '../../shared/plan/plan.ts';
import { UnreadableError } from '../../shared/ports/errors.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import { survey } from '../../shared/survey/survey.ts';
import { readerOf } from '../gen/reader.ts';

/** Which kinds each function that goes by the items of a survey observes. */
const observed: readonly (readonly [fn: AnyFunction, kinds: readonly KindName[]])[] = [
  [all.fixHandle, ['VolumeSnapshotContent', 'VolumeSnapshot']],
  [all.relinkVmbackup, ['VirtualMachineBackup']],
  [all.rebuildSnapshot, ['VirtualMachineBackup']],
  [all.verifyBackup, ['VirtualMachineBackup', 'VirtualMachineRestore', 'BackupTarget']],
  [all.recordConsistency, ['VirtualMachineBackup']],
  [all.rediscoverTarget, ['Setting']],
];
const served: readonly KindName[] = ['VirtualMachineBackup', 'PolicyReport'];

export interface Comparison {
  /** Where a triage left something that a closer look would not have left; empty when all is well. */
  readonly wrong: string[];
  /** How many items the triages left without a closer look, by function: with none left, nothing was compared. */
  readonly left: Map<string, number>;
}

/**
 * @param objects replace those of the base world that have the same name
 * @param options.lacks a Setting of the base world that is not there
 * @param options.withoutGroups API groups that are not served
 */
export async function compareTriage(
  objects: readonly KubeObject[],
  nowMs: number,
  { lacks, withoutGroups = [] }: { lacks?: string | undefined; withoutGroups?: readonly string[] | undefined } = {},
): Promise<Comparison> {
  const given = new Set(objects.map(keyOf));
  const base = baseWorld().filter((one) => !given.has(keyOf(one)) && keyOf(one) !== `Setting//${lacks}`);
  const isServed = (apiVersion: string) => !withoutGroups.some((group) => apiVersion.startsWith(`${group}/`));
  const reader = readerOf(
    [...base, ...objects].filter(({ apiVersion }) => isServed(apiVersion)),
    served.filter((kind) => isServed(kinds[kind].apiVersion)),
  );
  const items: SurveyItem[] = [];
  for await (const page of survey(reader, {}, { chain: true, target: true, nowMs })) items.push(...page);
  const triaged = items.flatMap((item) => observed.map(([fn, about]) => ({ item, fn, about, says: fn.triage(item) })));

  const looks = new Map<string, Promise<Look>>();
  const look = (fn: AnyFunction, subject: Ref): Promise<Look> => {
    const key = `${fn.name} ${refKey(subject)}`;
    const done = looks.get(key) ?? closerLook(fn, reader, subject, nowMs);
    looks.set(key, done);
    return done;
  };
  // What a whole sweep comes to.
  const swept: Finding[] = [];
  for (const { fn, says } of triaged) {
    if ('findings' in says) swept.push(...says.findings);
    if ('subjects' in says) for (const one of says.subjects) swept.push(...(await look(fn, one)).findings);
  }

  const wrong: string[] = [];
  const left = new Map<string, number>();
  for (const { item, fn, about, says } of triaged) {
    const subject = subjectOf(item);
    if (subject === undefined || !about.includes(subject.kind)) continue;
    const at = `${fn.name} on ${describeRef(subject)}`;
    if (!areTheSame(says, fn.triage(item, true))) wrong.push(`${at}: with brief another answer`);
    if ('subjects' in says && says.subjects.length > 0) continue;
    left.set(fn.name, (left.get(fn.name) ?? 0) + 1);
    // What one function says nothing of, another one may tell.
    const known = 'findings' in says ? says.findings : swept;
    const news = newsIn(await look(fn, subject), known, swept);
    if (news.length > 0) wrong.push(`${at}: left, but a closer look gives ${news.join(', ')}`);
  }
  return { wrong, left };
}

interface Look {
  readonly findings: readonly Finding[];
  readonly records: readonly Action[];
  readonly unreadable?: UnreadableError;
}

async function closerLook(fn: AnyFunction, reader: Reader, subject: Ref, nowMs: number): Promise<Look> {
  const config: unknown = fn.config.parse({});
  try {
    const { findings, records = [] } = fn.plan(await fn.observe(reader, subject, nowMs, config), config, nowMs);
    return { findings, records };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { findings: [], records: [], unreadable: error };
  }
}

/** What somebody should have known of, or done. */
function newsIn(
  { findings, records, unreadable }: Look,
  known: readonly Finding[],
  swept: readonly Finding[],
): string[] {
  const isKnown = ({ reason, subject, actions }: Finding) =>
    known.some(
      (one) =>
        one.reason === reason &&
        refKey(one.subject) === refKey(subject) &&
        JSON.stringify(one.actions) === JSON.stringify(actions),
    );
  const news = findings.filter((one) => needsAttention(one) && !isKnown(one));
  // A sweep says of what hangs on it only that it cannot be judged; the survey tells the object itself.
  const isTold =
    unreadable === undefined ||
    swept.some(({ reason, subject }) => reason === 'ObjectUnreadable' && refKey(subject) === refKey(unreadable.object));
  return [
    ...news.map(({ reason, message }) => `${reason} (${message})`),
    ...records.map((action) => `action ${action.do}`),
    ...(isTold ? [] : [`the error "${unreadable?.message}"`]),
  ];
}

/** `brief` may only replace findings of one reason by their number. */
function areTheSame(full: Routed | Healthy, brief: Routed | Healthy): boolean {
  if (!('healthy' in brief)) return JSON.stringify(full) === JSON.stringify(brief);
  const findings = findingsOf(full);
  return findings.length === brief.count && findings.every(({ reason }) => reason === brief.healthy);
}

const findingsOf = (says: Routed | Healthy): readonly Finding[] => ('findings' in says ? says.findings : []);

/** What an item is about, where a function observes just that. */
function subjectOf(item: SurveyItem): Ref | undefined {
  switch (item.what) {
    case 'content':
      return ref('VolumeSnapshotContent', item.content.metadata.name);
    case 'snapshot':
      return ref('VolumeSnapshot', item.snapshot.metadata.name, item.snapshot.metadata.namespace);
    case 'vmbackup':
      return ref('VirtualMachineBackup', item.backup.metadata.name, item.backup.metadata.namespace);
    case 'restore':
      return ref('VirtualMachineRestore', item.restore.metadata.name, item.restore.metadata.namespace);
    case 'target':
      return ref('Setting', names.TARGET_SETTING);
    case 'drill':
      return item.object;
    default:
      return undefined;
  }
}

const keyOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
