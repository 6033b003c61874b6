import { readChain } from '../chain/read-chain.ts';
import type { Chain } from '../chain/links.ts';
import type { KindName, Ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Reader } from '../kube/ports.ts';
import type { ObjectOf, VMBackup, VMRestore } from '../objects/types.ts';

/** A restore that is asked about: one that exists, or one that might. */
export interface Wish {
  /** The VMBackup. */
  readonly backup: Ref & { readonly namespace: string };
  /** Namespace to restore into. */
  readonly to: string;
  /** Name of the VM; the source VM's where none is given. */
  readonly machine?: string | undefined;
  /** A VM of its own, rather than the disks of one that is there. */
  readonly newVM: boolean;
  readonly keepMacAddress: boolean;
  /** Not for a new VM: the volumes that it had stay. */
  readonly retain?: boolean | undefined;
  /** The restore itself, where there is one: what it has made already is no obstacle to it. */
  readonly restore?: VMRestore | undefined;
}

/** What was read, or why it could not be. */
export type Answer<T> = { readonly found: T } | { readonly unknown: string };

/** All that decides whether a restore will work, there and now. */
export interface SeenPreflight {
  readonly wish: Wish;
  readonly chain: Chain | undefined;
  readonly namespace: Answer<ObjectOf<'Namespace'> | undefined>;
  readonly quotas: Answer<readonly ObjectOf<'ResourceQuota'>[]>;
  readonly storageClasses: Answer<ReadonlySet<string>>;
  /** Images that volumes were made from, by `namespace/name`, and whether they are there. */
  readonly images: Answer<ReadonlyMap<string, boolean>>;
  readonly machine: Answer<ObjectOf<'VirtualMachine'> | undefined>;
  /** Who uses which of the VM's MAC addresses. */
  readonly macUsers: Answer<ReadonlyMap<string, string>>;
  readonly driver: Answer<boolean>;
  readonly schedule: Answer<ObjectOf<'ScheduleVMBackup'> | undefined>;
  /** As Harvester gives it: `v1.6.1`. */
  readonly version: Answer<string | undefined>;
  /** What the VMBackup names and the cluster lacks. */
  readonly missingClasses: Answer<readonly string[]>;
  readonly missingNetworks: Answer<readonly string[]>;
  /** Other restores, of the same VMBackup or onto the same VM. */
  readonly others: Answer<readonly VMRestore[]>;
  /** VMBackups of type snapshot that stand on volumes which this restore would delete. */
  readonly standingOn: Answer<readonly string[]>;
  /** Claims that the restore has made already. */
  readonly ownClaims: ReadonlySet<string>;
}

/** Reads each thing by itself: what may not be read makes one check unknown, and no other. */
export async function readPreflight(reader: Reader, wish: Wish): Promise<SeenPreflight> {
  const { backup: at, to } = wish;
  const backup = await reader.get('VirtualMachineBackup', at.name, at.namespace);
  const chain = backup && (await readChain(reader, backup));
  const source = backup?.status?.source;
  const machineName = wish.machine ?? backup?.spec.source?.name ?? '';
  const scheduledBy = backup?.metadata.annotations?.[names.SCHEDULE_ANNOTATION] ?? '';
  const [scheduleNamespace = '', scheduleName = ''] = scheduledBy.split('/');
  const get = <K extends KindName>(kind: K, name: string, namespace?: string) =>
    attempt(async () => (name === '' ? undefined : reader.get(kind, name, namespace)));
  return {
    wish: { ...wish, machine: machineName },
    chain,
    namespace: await get('Namespace', to),
    quotas: await attempt(() => all(reader.list('ResourceQuota', { namespace: to }))),
    storageClasses: await attempt(() => classes(reader)),
    images: await attempt(() => images(reader, chain)),
    machine: await get('VirtualMachine', machineName, to),
    macUsers: await attempt(() => macUsers(reader, source?.macAddresses ?? [], `${to}/${machineName}`)),
    driver: await attempt(async () => (await reader.get('CSIDriver', names.LONGHORN_DRIVER)) !== undefined),
    schedule: await get('ScheduleVMBackup', scheduleName, scheduleNamespace),
    version: await attempt(async () => (await reader.get('Setting', names.VERSION_SETTING))?.value),
    missingClasses: await attempt(() =>
      missing(Object.values(backup?.status?.csiDriverVolumeSnapshotClassNames ?? {}), (one) =>
        reader.get('VolumeSnapshotClass', one),
      ),
    ),
    missingNetworks: await attempt(() => missing(source?.networks ?? [], (one) => networkOf(reader, one))),
    others: await attempt(() => otherRestores(reader, { ...wish, machine: machineName })),
    standingOn: await attempt(() => standingOn(reader, wish, backup)),
    ownClaims: await ownClaims(reader, wish.restore),
  };
}

async function attempt<T>(read: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    return { unknown: error instanceof Error ? error.message : 'it could not be read' };
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function classes(reader: Reader): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { metadata } of reader.list('StorageClass')) {
    if (!metadata.deletionTimestamp) found.add(metadata.name);
  }
  return found;
}

async function images(reader: Reader, chain: Chain | undefined): Promise<Map<string, boolean>> {
  const found = new Map<string, boolean>();
  for (const { entry } of chain?.volumes ?? []) {
    const id = entry.persistentVolumeClaim?.metadata?.annotations?.[names.IMAGE_ANNOTATION];
    const [namespace, name] = id?.split('/') ?? [];
    if (id === undefined || !namespace || !name || found.has(id)) continue;
    found.set(id, (await reader.get('VirtualMachineImage', name, namespace)) !== undefined);
  }
  return found;
}

async function missing(named: readonly string[], find: (name: string) => Promise<unknown>): Promise<string[]> {
  const absent: string[] = [];
  for (const one of new Set(named)) if ((await find(one)) === undefined) absent.push(one);
  return absent;
}

/** As Harvester looks one up: a name without a namespace is in none. */
function networkOf(reader: Reader, given: string): Promise<unknown> {
  const [namespace = '', name = ''] = given.includes('/') ? given.split('/') : [];
  return namespace === '' ? Promise.resolve(undefined) : reader.get('NetworkAttachmentDefinition', name, namespace);
}

async function otherRestores(reader: Reader, { backup, to, machine, restore }: Wish): Promise<VMRestore[]> {
  const others: VMRestore[] = [];
  for await (const one of reader.list('VirtualMachineRestore')) {
    const { metadata, spec } = one;
    const from = `${spec.virtualMachineBackupNamespace || metadata.namespace}/${spec.virtualMachineBackupName}`;
    const related =
      from === `${backup.namespace}/${backup.name}` || (metadata.namespace === to && spec.target?.name === machine);
    if (related && metadata.uid !== restore?.metadata.uid) others.push(one);
  }
  return others;
}

async function standingOn(reader: Reader, wish: Wish, backup: VMBackup | undefined): Promise<string[]> {
  if (wish.newVM || wish.retain === true) return [];
  const claimsOf = (of: VMBackup) =>
    (of.status?.volumeBackups ?? []).map(({ persistentVolumeClaim: claim }) => {
      return `${claim?.metadata?.namespace ?? of.metadata.namespace}/${claim?.metadata?.name ?? ''}`;
    });
  const claims = new Set(backup === undefined ? [] : claimsOf(backup));
  const found: string[] = [];
  for await (const one of reader.list('VirtualMachineBackup')) {
    if (one.spec.type === 'snapshot' && claimsOf(one).some((claim) => claims.has(claim))) {
      found.push(`${one.metadata.namespace}/${one.metadata.name}`);
    }
  }
  return found;
}

async function macUsers(reader: Reader, macs: readonly string[], own: string): Promise<Map<string, string>> {
  const users = new Map<string, string>();
  if (macs.length === 0) return users;
  for await (const { metadata, spec } of reader.list('VirtualMachine')) {
    const name = `${metadata.namespace}/${metadata.name}`;
    for (const mac of name === own ? [] : (spec?.macAddresses ?? [])) if (macs.includes(mac)) users.set(mac, name);
  }
  return users;
}

async function ownClaims(reader: Reader, restore: VMRestore | undefined): Promise<Set<string>> {
  const found = new Set<string>();
  for (const { volumeName, persistentVolumeClaimSpec } of restore?.status?.restores ?? []) {
    const name = persistentVolumeClaimSpec?.metadata?.name;
    const claim = name ? await reader.get('PersistentVolumeClaim', name, restore?.metadata.namespace) : undefined;
    if (claim !== undefined && volumeName) found.add(volumeName);
  }
  return found;
}
