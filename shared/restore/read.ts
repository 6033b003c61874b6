import type { RestoreRequest, SeenPreflight, ImageState } from './seen-preflight.ts';
import { driverOf } from '../chain/vmbackup.ts';
import { readChain } from '../chain/read-chain.ts';
import type { Chain } from '../chain/chain.ts';
import type { KindName } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import type { Attempted } from '../ports/attempt.ts';
import { attempt, isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { StorageClass, VMBackup, VMRestore, VolumeEntry } from '../objects/types.ts';
import { readSharers } from './shared-disks.ts';
import { readPlannedPairs } from './planned-pairs.ts';

/**
 * Reads what a preflight judges, each field independently: a failed read makes only the checks that need it `unknown`.
 * `chain` is undefined if the VMBackup does not exist. The returned `request.machine` defaults to the name of the
 * source VM, and is empty if the VMBackup records none.
 * @throws RetryableError if the API server asks to retry later (a verdict is given only once); what reading the
 * VMBackup, its chain or the claims of the restore throws
 */
export async function readPreflight(reader: Reader, request: RestoreRequest): Promise<SeenPreflight> {
  const { backup: at, to } = request;
  const backup = await reader.get('VirtualMachineBackup', at.name, at.namespace);
  const chain = backup && (await readChain(reader, backup));
  const source = backup?.status?.source;
  const machineName = request.machine ?? backup?.spec.source?.name ?? '';
  const scheduledBy = backup?.metadata.annotations?.[names.SCHEDULE_ANNOTATION] ?? '';
  const [scheduleNamespace = '', scheduleName = ''] = scheduledBy.split('/');
  const get = <K extends KindName>(kind: K, name: string, namespace?: string) =>
    attempt(async () => (name === '' ? undefined : reader.get(kind, name, namespace)));
  const storageClasses = await attempt(() => classes(reader));
  const keepsMacs = !request.newVM || request.keepMacAddress;
  return {
    request: { ...request, machine: machineName },
    chain,
    namespace: await get('Namespace', to),
    quotas: await attempt(() => all(reader.list('ResourceQuota', { namespace: to }))),
    limits: await attempt(() => all(reader.list('LimitRange', { namespace: to }))),
    storageClasses,
    images: await attempt(() => images(reader, chain)),
    missingBackingImages: await attempt(() =>
      missing(backingImagesOf(chain, storageClasses), (one) =>
        reader.get('BackingImage', one, names.LONGHORN_NAMESPACE),
      ),
    ),
    machine: await get('VirtualMachine', machineName, to),
    instance: await get('VirtualMachineInstance', machineName, to),
    source: await get('VirtualMachine', backup?.spec.source?.name ?? '', at.namespace),
    macUsers: await attempt(() =>
      macUsers(reader, keepsMacs ? (source?.macAddresses ?? []) : [], `${to}/${machineName}`),
    ),
    missingDrivers: await attempt(() => missing(driversOf(chain), (one) => reader.get('CSIDriver', one))),
    schedule: await get('ScheduleVMBackup', scheduleName, scheduleNamespace),
    version: await attempt(async () => (await reader.get('Setting', names.VERSION_SETTING))?.value),
    // An existing restore has passed admission, so functions need no right to read the value, which may hold keys.
    setting: await attempt(async () =>
      request.restore === undefined ? reader.get('Setting', names.TARGET_SETTING) : undefined,
    ),
    missingClasses: await attempt(async () =>
      missing(
        [
          ...Object.values(backup?.status?.csiDriverVolumeSnapshotClassNames ?? {}),
          ...(await classOfPairs(reader, request)),
        ],
        (one) => reader.get('VolumeSnapshotClass', one),
      ),
    ),
    missingContents: await attempt(() =>
      missing(misnamedContents(chain, request), (one) => reader.get('VolumeSnapshotContent', one)),
    ),
    missingNetworks: await attempt(() => missing(source?.networks ?? [], (one) => networkOf(reader, one))),
    pairs: await attempt(() => readPlannedPairs(reader, chain, request)),
    others: await attempt(() => otherRestores(reader, { ...request, machine: machineName })),
    dependentSnapshots: await attempt(() => dependentSnapshots(reader, request, backup)),
    sharers: await attempt(() => readSharers(reader, { ...request, machine: machineName }, backup)),
    ownClaims: await ownClaims(reader, request.restore),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function classes(reader: Reader): Promise<StorageClass[]> {
  return (await all(reader.list('StorageClass'))).filter(({ metadata }) => !metadata.deletionTimestamp);
}

async function images(reader: Reader, chain: Chain | undefined): Promise<Map<string, ImageState>> {
  const found = new Map<string, ImageState>();
  for (const { entry } of chain?.volumes ?? []) {
    const id = entry.persistentVolumeClaim?.metadata?.annotations?.[names.IMAGE_ANNOTATION];
    const [namespace, name] = id?.split('/') ?? [];
    if (id === undefined || !namespace || !name || found.has(id)) continue;
    const image = await reader.get('VirtualMachineImage', name, namespace);
    const imported = image?.status?.conditions?.find(({ type }) => type === 'Imported')?.status;
    found.set(id, image === undefined ? 'missing' : imported === 'False' ? 'not ready' : 'ready');
  }
  return found;
}

/** The backing images that must exist: Longhorn creates a missing one only if the class names its source. */
function backingImagesOf(chain: Chain | undefined, classes: Attempted<readonly StorageClass[]>): string[] {
  if (!isFound(classes)) return [];
  const made = ['download', 'export-from-volume'];
  return (chain?.volumes ?? []).flatMap(({ entry }) => {
    const { parameters } = classOf(entry, classes.found) ?? {};
    const { backingImage, backingImageDataSourceType: from } = parameters ?? {};
    return backingImage && !made.includes(from ?? '') ? [backingImage] : [];
  });
}

/** The StorageClass of the restored claim of a volume; undefined if it does not exist. */
export function classOf({ persistentVolumeClaim }: VolumeEntry, classes: readonly StorageClass[]) {
  const name = persistentVolumeClaim?.spec?.storageClassName ?? undefined;
  return name === undefined
    ? classes.find(({ metadata }) => metadata.annotations?.[names.DEFAULT_CLASS_ANNOTATION] === 'true')
    : classes.find(({ metadata }) => metadata.name === name);
}

const driversOf = (chain: Chain | undefined): string[] => (chain?.volumes ?? []).map(({ entry }) => driverOf(entry));

/** VolumeSnapshotClass of the pairs of a restore into another namespace, as a setting names it. */
async function classOfPairs(reader: Reader, { backup, to }: RestoreRequest): Promise<string[]> {
  if (backup.namespace === to) return [];
  return [(await reader.get('Setting', names.CLASS_SETTING))?.value ?? names.BACKUP_CLASS];
}

/**
 * In the same namespace Harvester looks a content up by its expected name, not by the binding. Returns missing names.
 */
function misnamedContents(chain: Chain | undefined, { backup, to }: RestoreRequest): string[] {
  if (backup.namespace !== to) return [];
  return (chain?.volumes ?? []).flatMap(({ entry, snapshot, contentName }) => {
    const wanted = names.contentName(entry.name ?? '');
    return snapshot?.spec.source.volumeSnapshotContentName && contentName !== wanted ? [wanted] : [];
  });
}

async function missing(named: readonly string[], find: (name: string) => Promise<unknown>): Promise<string[]> {
  const absent: string[] = [];
  for (const one of new Set(named)) if ((await find(one)) === undefined) absent.push(one);
  return absent;
}

/** Looks a network up as Harvester does: a name without a namespace does not exist. */
function networkOf(reader: Reader, given: string): Promise<unknown> {
  const [namespace = '', name = ''] = given.includes('/') ? given.split('/') : [];
  return namespace === '' ? Promise.resolve(undefined) : reader.get('NetworkAttachmentDefinition', name, namespace);
}

async function otherRestores(reader: Reader, { backup, to, machine, restore }: RestoreRequest): Promise<VMRestore[]> {
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

async function dependentSnapshots(
  reader: Reader,
  request: RestoreRequest,
  backup: VMBackup | undefined,
): Promise<string[]> {
  if (request.newVM || request.retain === true) return [];
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
  // A MAC address that the VM does not specify is known only while it runs.
  for await (const { metadata, status } of reader.list('VirtualMachineInstance')) {
    const name = `${metadata.namespace}/${metadata.name}`;
    for (const { mac } of name === own ? [] : (status?.interfaces ?? [])) {
      const known = mac?.toLowerCase() ?? '';
      if (macs.includes(known) && !users.has(known)) users.set(known, name);
    }
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
