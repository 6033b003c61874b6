import type { SurveyItem } from '../../shared/survey-item.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { KindName } from '../../shared/domain/kinds.ts';
import { ref, refKey, namespaceOf } from '../../shared/domain/kinds.ts';
import type { AnyFunction, Routed } from '../../shared/function.ts';
import { memoize } from '../../shared/kube/memoize.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { affectedVMBackups } from '../affected-vmbackups.ts';

/** A selected snapshot or content, and the VMBackups that use it: many problems of it are reported for those. */
export interface Used {
  readonly isAbout: (finding: Finding) => boolean;
  /** Keys of the VMBackups. */
  readonly users: ReadonlySet<string>;
}

export async function vmBackupsUsing(
  reader: Reader,
  kind: Extract<KindName, 'VolumeSnapshot' | 'VolumeSnapshotContent'>,
  name: string,
  namespace: string | undefined,
): Promise<Used> {
  const kept = memoize(reader);
  const users = new Set<string>();
  for await (const { metadata } of named(kept, kind, name, namespace)) {
    const at = ref(kind, name, namespaceOf({ metadata }));
    const object = await orUnreadable<unknown>(
      () => kept.get(kind, name, at.namespace),
      () => undefined,
    );
    if (object !== undefined) for (const user of await affectedVMBackups(kept, at, object)) users.add(refKey(user));
  }
  const ofSnapshot = ({ subject, facts }: Finding) =>
    kind === 'VolumeSnapshot' &&
    subject.kind === 'VolumeSnapshotContent' &&
    facts?.['snapshot']?.split('/')[1] === name &&
    (namespace === undefined || facts['snapshot'] === `${namespace}/${name}`);
  const isIt = ({ subject }: Finding) =>
    subject.kind === kind &&
    subject.name === name &&
    (namespace === undefined || subject.namespace === (kind === 'VolumeSnapshot' ? namespace : undefined));
  return { users, isAbout: (finding) => isIt(finding) || ofSnapshot(finding) };
}

async function* named(
  reader: Reader,
  kind: 'VolumeSnapshot' | 'VolumeSnapshotContent',
  name: string,
  namespace: string | undefined,
) {
  for await (const one of reader.list(
    kind,
    namespace === undefined || kind === 'VolumeSnapshotContent' ? {} : { namespace },
  ))
    if (one.metadata.name === name) yield one;
}

/**
 * Wraps a function so that it also checks those VMBackups, but reports only findings about the snapshot or content. It
 * writes to nothing that was not selected.
 */
export function describeSelection(
  fn: AnyFunction,
  used: readonly Used[],
  picked: (item: SurveyItem) => boolean,
): AnyFunction {
  if (used.length === 0) return fn;
  const lent = new Set<string>();
  const seenOf = new WeakSet<object>();
  return {
    ...fn,
    triage(item, brief) {
      if (item.what !== 'vmbackup' || picked(item)) return fn.triage(item, brief);
      const { name, namespace } = item.backup.metadata;
      const key = refKey(ref('VirtualMachineBackup', name, namespace));
      if (!used.some(({ users }) => users.has(key))) return fn.triage(item, brief);
      lent.add(key);
      const routed: Routed | { healthy: unknown } = fn.triage(item, false);
      return 'subjects' in routed ? routed : { subjects: [] };
    },
    async observe(...given: Parameters<AnyFunction['observe']>) {
      const seen = (await fn.observe(...given)) as object;
      if (lent.has(refKey(given[1]))) seenOf.add(seen);
      return seen;
    },
    plan(...given: Parameters<AnyFunction['plan']>) {
      const plan = fn.plan(...given);
      if (!seenOf.has(given[0] as object)) return plan;
      const isTold = (finding: Finding) => finding.actions.length === 0 && used.some(({ isAbout }) => isAbout(finding));
      return { findings: plan.findings.filter(isTold) };
    },
  };
}
