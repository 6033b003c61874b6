import { isFound } from '../ports/attempt.ts';
import { ref } from '../domain/kinds.ts';
import { createNamespaceCommand, editCommand, listCommand } from '../domain/kubectl.ts';
import { parseQuantity } from '../domain/quantity.ts';
import type { StorageClass, VolumeEntry } from '../objects/types.ts';
import type { Amount, Breach, Headroom, Limited } from '../scratch/quota.ts';
import {
  amountsOfClaims,
  amountsOfPods,
  breaches,
  headrooms,
  isShort,
  limitedClaim,
  showAmount,
} from '../scratch/quota.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { ImageState, SeenPreflight } from './seen-preflight.ts';
import { driverOf } from '../chain/vmbackup.ts';
import { classOf } from './read.ts';

/**
 * Whether the target namespace has room: namespace, quota, limits, storage classes, images. Ignores Harvester's own
 * ResourceQuota, which limits snapshots of volumes: a restore creates its snapshots from contents.
 */
export function checkCapacity(seen: SeenPreflight): Check[] {
  return [checkNamespace(seen), checkQuota(seen), checkLimits(seen), checkStorageClasses(seen), checkImages(seen)];
}

function checkNamespace({ namespace, request: { to } }: SeenPreflight): Check {
  const name = 'namespace';
  return ifKnown(name, namespace, (found) => {
    if (found === undefined) {
      return {
        name,
        result: 'fail',
        message: `namespace ${to} does not exist`,
        cure: createNamespaceCommand(to),
      };
    }
    const going = found.status?.phase === 'Terminating' || Boolean(found.metadata.deletionTimestamp);
    return going
      ? { name, result: 'fail', message: `namespace ${to} is being deleted`, cure: 'restore into another namespace' }
      : { name, result: 'pass', message: `namespace ${to} exists` };
  });
}

/** The volumes whose claims the restore still has to create. Quotas count existing claims already. */
const newVolumes = ({ chain, ownClaims }: SeenPreflight): VolumeEntry[] =>
  (chain?.volumes ?? []).map(({ entry }) => entry).filter(({ volumeName }) => !ownClaims.has(volumeName));

/** What the restore adds, by the resource names of ResourceQuotas. */
function wantedOf(seen: SeenPreflight): Amount[] {
  const { chain, request, machine } = seen;
  const entries = newVolumes(seen);
  const { source, secretBackups } = chain?.backup.status ?? {};
  const found = isFound(machine) ? machine.found : undefined;
  const secrets = secretBackups?.length ?? 0;
  // Quotas count a running VM already.
  const starts = found?.status?.ready !== true && found?.status?.printableStatus !== 'Running' && source !== undefined;
  return [
    ...amountsOfClaims(
      entries.map((entry) => ({
        storageClass: entry.persistentVolumeClaim?.spec?.storageClassName,
        bytes: sizeOf(entry) ?? 0,
      })),
    ),
    ['count/volumesnapshots.snapshot.storage.k8s.io', request.to === request.backup.namespace ? 0 : entries.length],
    ...(request.newVM && found === undefined
      ? ([
          ['count/virtualmachines.kubevirt.io', 1],
          ['secrets', secrets],
          ['count/secrets', secrets],
        ] as const)
      : []),
    ...(starts ? amountsOfPods(1, source.requests, { cpu: source.cpu, memory: source.memory }) : []),
  ];
}

/** Size of the claim in bytes. The recorded volume may have grown since, so the claim's request comes first. */
const sizeOf = (entry: VolumeEntry): number | undefined =>
  parseQuantity(entry.persistentVolumeClaim?.spec?.resources?.requests?.['storage']) ?? entry.volumeSize ?? undefined;

function checkQuota(seen: SeenPreflight): Check {
  const name = 'quota';
  const { to } = seen.request;
  return ifKnown(name, seen.quotas, (quotas) => {
    const all = headrooms(quotas, wantedOf(seen));
    const leaves = ({ quota, what, left }: Headroom) => `quota ${quota} leaves ${showAmount(what, left)} of ${what}`;
    const short = all.find(isShort);
    if (short !== undefined) {
      const message = `${leaves(short)}, but ${showAmount(short.what, short.amount)} are needed`;
      return { name, result: 'fail', message, cure: editCommand(ref('ResourceQuota', short.quota, to)) };
    }
    const tight = all.findLast((one) => one.what.endsWith('memory') && isShort(withOverhead(one)));
    if (tight !== undefined) {
      const message = `${leaves(tight)}, hardly enough for a VM with ${showAmount(tight.what, tight.amount)}, because its pod needs more than the VM`;
      return { name, result: 'warn', message, cure: editCommand(ref('ResourceQuota', tight.quota, to)) };
    }
    const what = quotas.length === 0 ? 'there is no quota' : 'the quota is sufficient';
    return { name, result: 'pass', message: `${what} in namespace ${to}` };
  });
}

/** Minimum of bytes that KubeVirt adds to the memory of a VM: page tables and about 200 MiB. */
const overheadOf = (memory: number): number => memory / 512 + 200 * 2 ** 20;

const withOverhead = ({ left, amount }: Headroom) => ({ left, amount: amount + overheadOf(amount) });

/** Whether LimitRanges of the namespace allow each claim, and the pod of the VM. */
function checkLimits(seen: SeenPreflight): Check {
  const name = 'limits';
  const { to } = seen.request;
  return ifKnown(name, seen.limits, (ranges) => {
    const claims = newVolumes(seen).map((entry) => limitedClaim(`volume ${entry.volumeName}`, sizeOf(entry)));
    // Ignore what the VMBackup does not record, and ratios: Harvester sets request and limit itself.
    const breach = breaches(ranges, [podOf(seen), ...claims]).find(
      ({ rule, asked }) => rule !== 'ratio' && asked !== undefined,
    );
    if (breach !== undefined) {
      const { range, object, rule, resource, allowed, asked } = breach;
      const show = (quantity: Breach['asked']) => showAmount(resource, parseQuantity(quantity) ?? 0);
      const bound = `${rule === 'max' ? 'at most' : 'at least'} ${show(allowed)}`;
      const message = `limit range ${range} allows ${bound} of ${resource}, but ${object.what} requests ${show(asked)}`;
      return { name, result: 'fail', message, cure: editCommand(ref('LimitRange', range, to)) };
    }
    return { name, result: 'pass', message: `no limit of namespace ${to} is exceeded` };
  });
}

/** The pod of the VM, as far as the VMBackup records its resources. */
function podOf({ chain }: SeenPreflight): Limited {
  const { cpu, memory, requests } = chain?.backup.status?.source ?? {};
  const requested = parseQuantity(requests?.memory);
  const asked = requested === undefined ? memory : requested + overheadOf(parseQuantity(memory) ?? requested);
  return {
    what: 'the VM',
    type: 'pod',
    requests: { cpu: requests?.cpu ?? cpu, memory: asked },
    limits: { cpu, memory },
  };
}

function checkStorageClasses(seen: SeenPreflight): Check {
  const name = 'storageclass';
  return ifKnown(name, seen.storageClasses, (there) => {
    const judged = newVolumes(seen)
      .map((entry) => checkClassOf(seen, entry, there))
      .filter((check) => check !== undefined);
    const worst = judged.find(({ result }) => result === 'fail') ?? judged[0];
    if (worst !== undefined) return worst;
    return ifKnown(name, seen.missingBackingImages, (missing) =>
      missing.length === 0
        ? { name, result: 'pass', message: 'every StorageClass exists and has the correct driver' }
        : {
            name,
            result: 'fail',
            message: `the StorageClass of a volume names backing image ${missing.join(', ')}, which does not exist in Longhorn`,
            cure: 'upload the image again, or recover it from the target',
          },
    );
  });
}

function checkClassOf(seen: SeenPreflight, entry: VolumeEntry, there: readonly StorageClass[]): Check | undefined {
  const name = 'storageclass';
  const named = entry.persistentVolumeClaim?.spec?.storageClassName ?? undefined;
  const found = classOf(entry, there);
  if (found === undefined) {
    const message = named
      ? `StorageClass ${named} does not exist, or is being deleted`
      : `volume ${entry.volumeName} names no StorageClass, and there is no default`;
    const cure = named
      ? 'create it with its former parameters; the StorageClass of an image is created with the image'
      : listCommand('StorageClass');
    return { name, result: 'fail', message, cure };
  }
  const { name: own } = found.metadata;
  if (found.provisioner !== driverOf(entry)) {
    const message = `StorageClass ${own} has provisioner ${found.provisioner}, which cannot create a volume from a snapshot of ${driverOf(entry)}`;
    return { name, result: 'fail', message, cure: 'recreate it with its former provisioner' };
  }
  const startsItself = /^(Always|RerunOnFailure)$/.test(
    seen.chain?.backup.status?.source?.runStrategy ?? 'RerunOnFailure',
  );
  if (found.volumeBindingMode !== 'WaitForFirstConsumer' || (seen.request.newVM && startsItself)) return undefined;
  const message = `StorageClass ${own} creates volumes only when a pod uses them, but Harvester starts the VM only when it has its volumes`;
  return { name, result: 'warn', message, cure: 'start the VM by hand while the restore waits for its claims' };
}

function checkImages({ images }: SeenPreflight): Check {
  const name = 'image';
  return ifKnown(name, images, (found) => {
    const those = (state: ImageState) => [...found].filter(([, is]) => is === state).map(([id]) => id);
    const missing = those('missing');
    const notReady = those('not ready');
    const need = 'the data does not need it, but the StorageClass of its volumes may';
    if (missing.length > 0) {
      const message = `image ${missing.join(', ')} does not exist; ${need}`;
      return { name, result: 'warn', message, cure: 'upload the image again under its name' };
    }
    if (notReady.length > 0) {
      const message = `image ${notReady.join(', ')} is not ready; ${need}`;
      return { name, result: 'warn', message, cure: listCommand('VirtualMachineImage') };
    }
    return { name, result: 'pass', message: 'every image that volumes were created from exists' };
  });
}
