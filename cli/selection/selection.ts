import { describeRef, kinds, ref, refKey } from '../../shared/domain/kinds.ts';
import type { KindName, Ref } from '../../shared/domain/kinds.ts';
import { predecessorNames } from '../../shared/domain/names.ts';
import { entriesOf } from '../../shared/chain/vmbackup.ts';
import type { SurveyItem } from '../../shared/survey-item.ts';
import { orUnreadable } from '../../shared/chain/unreadable.ts';
import type { AnyFunction } from '../../shared/function.ts';
import { memoize } from '../../shared/kube/memoize.ts';
import type { ListOptions, Reader, Unreadable } from '../../shared/ports/reader.ts';
import type { Content, Snapshot, VMBackup, VMRestore } from '../../shared/objects/types.ts';
import { UsageError } from '../command.ts';
import { parseKindArgument } from '../kind-argument.ts';
import type { ScopeOptions } from '../options.ts';
import { pairsOfRestore } from './pairs-of-restore.ts';
import type { Used } from './select-by-object.ts';
import { describeSelection, vmBackupsUsing } from './select-by-object.ts';

/** A kind, or one object of it: an argument such as `vmbackup/web`. */
export interface Selected {
  readonly kind: SelectableKind;
  readonly name?: string;
}

const selectable = [
  'VirtualMachineBackup',
  'VirtualMachineRestore',
  'VolumeSnapshot',
  'VolumeSnapshotContent',
] as const satisfies readonly KindName[];
type SelectableKind = (typeof selectable)[number];

export const isSelectable = (kind: KindName): kind is SelectableKind => selectable.some((one) => one === kind);

export const selectionArgument = {
  name: '[kind[/name]...]',
  description:
    'vmbackup (with the contents of its volumes), vmrestore (with its own contents), vs or vsc (default: all)',
};

/** @throws UsageError */
export function parseSelected(text: string): Selected {
  const selected = parseKindArgument(text, selectable);
  if (selected === undefined) {
    throw new UsageError(`unknown kind or name "${text}" (known: vmbackup/NAME, vmrestore/NAME, vs/NAME, vsc/NAME)`);
  }
  return selected;
}

/** The part of the selection that the API server can evaluate. */
export const scopeOf = ({ namespace, selector }: ScopeOptions): Pick<ListOptions, 'namespace' | 'selector'> => ({
  ...(namespace !== undefined && { namespace }),
  ...(selector !== undefined && { selector }),
});

type Picks = (item: SurveyItem) => boolean;

/**
 * Wraps the functions so that they process only the selection. Everything else is filtered out before it is read
 * closely, and is neither judged nor written.
 * @throws UsageError if a named object does not exist
 */
export async function narrow(
  functions: readonly AnyFunction[],
  reader: Reader,
  options: ScopeOptions,
  selected: readonly Selected[] = [],
): Promise<readonly AnyFunction[]> {
  const { namespace, selector, allNamespaces } = options;
  if (allNamespaces && namespace !== undefined) throw new UsageError('give -n or -A, not both');
  if (selector !== undefined && selected.some(({ name }) => name !== undefined)) {
    throw new UsageError('give names or a selector, not both');
  }
  const picks: Picks[] = [];
  const used: Used[] = [];
  for (const one of selected) {
    picks.push(await picksOf(reader, one, options));
    if (one.name !== undefined && isOfPair(one.kind))
      used.push(await vmBackupsUsing(reader, one.kind, one.name, namespace));
  }
  if (selected.length === 0 && selector !== undefined) {
    picks.push(await vmBackupPicks(reader, () => true, options));
  }
  const partly = namespace !== undefined || picks.length > 0;
  if (!partly) return functions;
  const inNamespace = (item: SurveyItem) =>
    namespace === undefined || (namespaceOfItem(item) ?? namespace) === namespace;
  const wanted: Picks = (item) => inNamespace(item) && (picks.length === 0 || picks.some((pick) => pick(item)));
  const uses = (item: SurveyItem) =>
    item.what === 'vmbackup' && inNamespace(item) && used.some(({ users }) => users.has(keyOf(item.backup)));
  return functions.map((fn): AnyFunction => {
    const described = describeSelection(fn, used, wanted);
    return {
      ...described,
      triage: (item, brief) => (wanted(item) || uses(item) ? described.triage(item, brief) : { subjects: [] }),
      // With a selection, findings about the whole cluster are left out.
      ...(fn.scheduled !== undefined && { scheduled: () => ({ subjects: [] }) }),
    };
  });
}

const isOfPair = (kind: SelectableKind): kind is 'VolumeSnapshot' | 'VolumeSnapshotContent' =>
  kind === 'VolumeSnapshot' || kind === 'VolumeSnapshotContent';

const keyOf = ({ metadata }: VMBackup): string =>
  refKey(ref('VirtualMachineBackup', metadata.name, metadata.namespace));

async function picksOf(reader: Reader, selected: Selected, options: ScopeOptions): Promise<Picks> {
  const { kind, name } = selected;
  if (name !== undefined) await mustExist(reader, kind, name, options.namespace);
  const picks = await picksBehind(reader, selected, options);
  const isIt = (at: Ref) => at.kind === kind && (name === undefined || at.name === name);
  // Findings about the selected object itself, of whichever pair.
  return (item) => {
    const at = objectOf(item);
    return (at !== undefined && options.selector === undefined && isIt(at)) || picks(item);
  };
}

function objectOf(item: SurveyItem): Ref | undefined {
  return item.what === 'hanging' || item.what === 'unreadable'
    ? item.object
    : item.what === 'orphan'
      ? item.orphan.object
      : undefined;
}

async function picksBehind(reader: Reader, { kind, name }: Selected, options: ScopeOptions): Promise<Picks> {
  const named = (object: { metadata: { name: string } }) => name === undefined || object.metadata.name === name;
  switch (kind) {
    case 'VirtualMachineBackup':
      return vmBackupPicks(reader, named, options);
    case 'VirtualMachineRestore':
      return restorePicks(reader, named, options);
    case 'VolumeSnapshotContent':
      return byPair(named, () => false);
    case 'VolumeSnapshot':
      return byPair(({ spec }) => name === undefined || spec.volumeSnapshotRef.name === name, named);
  }
}

const byPair =
  (
    content: (content: Content) => boolean,
    snapshot: (snapshot: Snapshot) => boolean = content as (either: Content | Snapshot) => boolean,
  ): Picks =>
  (item) =>
    (item.what === 'content' && content(item.content)) ||
    (item.what === 'snapshot' && snapshot(item.snapshot)) ||
    (item.what === 'shared' && item.contents.some(content));

/** The selected restores and their own pairs. */
async function restorePicks(
  reader: Reader,
  wanted: (restore: VMRestore) => boolean,
  { namespace }: ScopeOptions,
): Promise<Picks> {
  const kept = memoize(reader);
  const own = new Set<string>();
  for await (const restore of kept.list('VirtualMachineRestore', namespace === undefined ? {} : { namespace })) {
    if (wanted(restore)) for (const at of await pairsOfRestore(kept, restore)) own.add(refKey(at));
  }
  const isOwn = (kind: KindName, name: string, of?: string) => own.has(refKey(ref(kind, name, of)));
  const pairs = byPair(
    ({ metadata, spec: { volumeSnapshotRef: of } }) =>
      isOwn('VolumeSnapshotContent', metadata.name) || isOwn('VolumeSnapshot', of.name, of.namespace),
    ({ metadata }) => isOwn('VolumeSnapshot', metadata.name, metadata.namespace),
  );
  return (item) => {
    if (item.what === 'restore') return wanted(item.restore);
    const at = objectOf(item);
    return (at !== undefined && own.has(refKey(at))) || pairs(item);
  };
}

/** The selected VMBackups and the pairs that their volumes use, used before, or will use. */
async function vmBackupPicks(
  reader: Reader,
  wanted: (backup: VMBackup) => boolean,
  options: ScopeOptions,
): Promise<Picks> {
  const backups = new Set<string>();
  const pairs = new Set<string>();
  for await (const backup of reader.list('VirtualMachineBackup', scopeOf(options))) {
    if (!wanted(backup)) continue;
    const { metadata } = backup;
    backups.add(`${metadata.namespace}/${metadata.name}`);
    for (const { name } of entriesOf(backup)) if (name) pairs.add(`${metadata.namespace}/${firstName(name)}`);
  }
  const isPair = (at: { namespace: string; name: string }) => pairs.has(`${at.namespace}/${firstName(at.name)}`);
  const isPairKey = (snapshot: string) => pairs.has(firstName(snapshot));
  return (item) => {
    switch (item.what) {
      case 'vmbackup':
        return backups.has(`${item.backup.metadata.namespace}/${item.backup.metadata.name}`);
      case 'content':
        return isPair(item.content.spec.volumeSnapshotRef);
      case 'snapshot':
        return isPair(item.snapshot.metadata);
      case 'restore': {
        const { virtualMachineBackupName: name, virtualMachineBackupNamespace: namespace } = item.restore.spec;
        return backups.has(`${namespace || item.restore.metadata.namespace}/${name}`);
      }
      case 'shared':
        return item.contents.some(({ spec }) => isPair(spec.volumeSnapshotRef));
      case 'unreadable':
        return item.object.kind === 'VirtualMachineBackup' && options.selector === undefined;
      case 'hanging':
        return item.snapshot !== undefined && isPairKey(item.snapshot);
      case 'target':
      case 'targetTrouble':
      case 'orphan':
      case 'drill':
      case 'storageClasses':
        return false;
    }
  };
}

/** The snapshot's name before any repair. */
const firstName = (snapshot: string): string => predecessorNames(snapshot).at(-1) ?? snapshot;

async function mustExist(reader: Reader, kind: SelectableKind, name: string, namespace?: string): Promise<void> {
  if (namespace !== undefined || !kinds[kind].namespaced) {
    const there = async () => (await reader.get(kind, name, namespace)) !== undefined;
    // An unreadable object exists; the sweep reports it.
    if (await orUnreadable(there, () => true)) return;
  } else {
    let isUnreadable = false;
    const onUnreadable = ({ object }: Unreadable) => void (isUnreadable ||= object.name === name);
    for await (const { metadata } of reader.list(kind, { onUnreadable })) if (metadata.name === name) return;
    if (isUnreadable) return;
  }
  throw new UsageError(`${describeRef(ref(kind, name, namespace))} does not exist`);
}

/** The namespace; for a content, that of its snapshot. Undefined if unknown. */
function namespaceOfItem(item: SurveyItem): string | undefined {
  switch (item.what) {
    case 'content':
      return item.content.spec.volumeSnapshotRef.namespace;
    case 'snapshot':
      return item.snapshot.metadata.namespace;
    case 'vmbackup':
      return item.backup.metadata.namespace;
    case 'restore':
      return item.restore.metadata.namespace;
    case 'hanging':
      return item.snapshot?.split('/')[0] ?? item.object.namespace;
    case 'drill':
      return item.object.namespace;
    case 'orphan':
      return item.orphan.snapshot?.split('/')[0] ?? item.orphan.object.namespace;
    case 'target':
    case 'targetTrouble':
    case 'storageClasses':
      return undefined;
    case 'shared':
      return item.contents[0]?.spec.volumeSnapshotRef.namespace;
    case 'unreadable':
      return item.object.namespace;
  }
}
