import { ref } from '../domain/kinds.ts';
import { createNamespaceCommand, editCommand, listCommand } from '../domain/kubectl.ts';
import { formatBytes } from '../domain/bytes.ts';
import { parseQuantity } from '../domain/quantity.ts';
import { countsPods, isOfPods } from '../chain/pods.ts';
import type { StorageClass, VolumeEntry } from '../objects/types.ts';
import { isFound } from '../ports/attempt.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { ImageState, SeenPreflight } from './seen-preflight.ts';
import { driverOf } from '../chain/vmbackup.ts';
import { classOf } from './read.ts';

/**
 * Whether there is a place to restore into: namespace, quota, limits, storage classes, images. Harvester's own ResourceQuota is not
 * asked: it limits what snapshots of volumes take, and a restore makes its snapshots from contents.
 */
export function checkRoom(seen: SeenPreflight): Check[] {
  return [checkNamespace(seen), checkQuota(seen), checkLimits(seen), checkStorageClasses(seen), checkImages(seen)];
}

function checkNamespace({ namespace, wish: { to } }: SeenPreflight): Check {
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
      : { name, result: 'pass', message: `namespace ${to} is there` };
  });
}

interface Wanted {
  readonly what: string;
  readonly amount: number;
}

/** What the restore adds, in the words of ResourceQuotas. Claims that exist already are counted already. */
function wantedOf({ chain, ownClaims, wish, machine }: SeenPreflight): Wanted[] {
  const entries = (chain?.volumes ?? []).map(({ entry }) => entry).filter((e) => !ownClaims.has(e.volumeName));
  const wanted = new Map<string, number>();
  const add = (what: string, amount: number) => void wanted.set(what, (wanted.get(what) ?? 0) + amount);
  for (const entry of entries) {
    const bytes = sizeOf(entry) ?? 0;
    const storageClass = entry.persistentVolumeClaim?.spec?.storageClassName;
    add('requests.storage', bytes);
    add('persistentvolumeclaims', 1);
    if (storageClass) {
      add(`${storageClass}.storageclass.storage.k8s.io/requests.storage`, bytes);
      add(`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`, 1);
    }
  }
  const { to, newVM } = wish;
  if (to !== wish.backup.namespace) add('count/volumesnapshots.snapshot.storage.k8s.io', entries.length);
  add('count/persistentvolumeclaims', entries.length);
  const found = isFound(machine) ? machine.found : undefined;
  if (newVM && found === undefined) {
    add('count/virtualmachines.kubevirt.io', 1);
    const secrets = chain?.backup.status?.secretBackups?.length ?? 0;
    for (const what of ['secrets', 'count/secrets']) add(what, secrets);
  }
  // A VM that runs already has its share.
  const source = chain?.backup.status?.source;
  if (found?.status?.ready !== true && found?.status?.printableStatus !== 'Running' && source !== undefined) {
    for (const what of ['pods', 'count/pods']) add(what, 1);
    add('limits.cpu', parseQuantity(source.cpu) ?? 0);
    add('limits.memory', parseQuantity(source.memory) ?? 0);
    for (const prefix of ['', 'requests.']) {
      add(`${prefix}cpu`, parseQuantity(source.requests?.cpu) ?? 0);
      add(`${prefix}memory`, parseQuantity(source.requests?.memory) ?? 0);
    }
  }
  return [...wanted].map(([what, amount]) => ({ what, amount }));
}

/** What its claim asks for; a volume may have grown since. */
const sizeOf = (entry: VolumeEntry): number | undefined =>
  parseQuantity(entry.persistentVolumeClaim?.spec?.resources?.requests?.['storage']) ?? entry.volumeSize ?? undefined;

function checkQuota(seen: SeenPreflight): Check {
  const name = 'quota';
  const { to } = seen.wish;
  return ifKnown(name, seen.quotas, (quotas) => {
    const wanted = wantedOf(seen);
    let tight: Check | undefined;
    for (const quota of quotas) {
      const { name: own } = quota.metadata;
      const cure = editCommand(ref('ResourceQuota', own, to));
      // Kubernetes goes by the status; a quota that was just made has none.
      const limits = quota.status?.hard ?? quota.spec?.hard;
      for (const { what, amount } of wanted) {
        const hard = parseQuantity(limits?.[what]);
        if (hard === undefined || amount === 0 || (isOfPods(what) && !countsPods(quota))) continue;
        const left = Math.max(0, hard - (parseQuantity(quota.status?.used?.[what]) ?? 0));
        if (amount > left) {
          const message = `quota ${own} leaves ${show(what, left)} of ${what}, and ${show(what, amount)} are needed`;
          return { name, result: 'fail', message, cure };
        }
        const aside = what.endsWith('memory') ? overheadOf(amount) : 0;
        if (amount + aside > left) {
          const message = `quota ${own} leaves ${show(what, left)} of ${what}: hardly enough for a VM of ${show(what, amount)}, whose pod takes more than the VM`;
          tight = { name, result: 'warn', message, cure };
        }
      }
    }
    if (tight !== undefined) return tight;
    const what = quotas.length === 0 ? 'there is no quota' : 'the quota has room';
    return { name, result: 'pass', message: `${what} in namespace ${to}` };
  });
}

const show = (what: string, n: number): string => (/storage$|memory$/.test(what) ? formatBytes(n) : String(n));

/** What KubeVirt adds to the memory of a VM for its own processes, at the least: page tables and some 200 MiB. */
const overheadOf = (memory: number): number => memory / 512 + 200 * 2 ** 20;

/** What the namespace allows a single claim, and a single pod. */
function checkLimits(seen: SeenPreflight): Check {
  const name = 'limits';
  const { to } = seen.wish;
  return ifKnown(name, seen.limits, (ranges) => {
    const source = seen.chain?.backup.status?.source;
    const [cpu, memory] = [parseQuantity(source?.cpu), parseQuantity(source?.memory)];
    const requested = parseQuantity(source?.requests?.memory);
    const pod = [
      { what: 'cpu', amount: cpu, asks: parseQuantity(source?.requests?.cpu) ?? cpu, of: 'the VM' },
      {
        what: 'memory',
        amount: memory,
        asks: requested === undefined ? memory : requested + overheadOf(memory ?? requested),
        of: 'the VM',
      },
    ];
    const claims = (seen.chain?.volumes ?? [])
      .filter(({ entry }) => !seen.ownClaims.has(entry.volumeName))
      .map(({ entry }) => ({
        what: 'storage',
        amount: sizeOf(entry),
        asks: sizeOf(entry),
        of: `volume ${entry.volumeName}`,
      }));
    for (const { metadata, spec } of ranges) {
      for (const { type, min, max } of spec.limits) {
        const wanted = type === 'PersistentVolumeClaim' ? claims : type === 'Pod' || type === 'Container' ? pod : [];
        for (const { what, amount, asks, of } of wanted) {
          const [least, most] = [parseQuantity(min?.[what]), parseQuantity(max?.[what])];
          const isOver = most !== undefined && amount !== undefined && amount > most;
          const isUnder = least !== undefined && asks !== undefined && asks < least;
          if (!isOver && !isUnder) continue;
          const bound = isOver ? `at most ${show(what, most)}` : `at least ${show(what, least ?? 0)}`;
          const message = `limit range ${metadata.name} allows ${bound} of ${what}, and ${of} asks for ${show(what, (isOver ? amount : asks) ?? 0)}`;
          return { name, result: 'fail', message, cure: editCommand(ref('LimitRange', metadata.name, to)) };
        }
      }
    }
    return { name, result: 'pass', message: `no limit of namespace ${to} is passed` };
  });
}

function checkStorageClasses(seen: SeenPreflight): Check {
  const name = 'storageclass';
  return ifKnown(name, seen.storageClasses, (there) => {
    const entries = (seen.chain?.volumes ?? [])
      .map(({ entry }) => entry)
      .filter(({ volumeName }) => !seen.ownClaims.has(volumeName));
    const judged = entries.map((entry) => checkClassOf(seen, entry, there)).filter((check) => check !== undefined);
    const worst = judged.find(({ result }) => result === 'fail') ?? judged[0];
    if (worst !== undefined) return worst;
    return ifKnown(name, seen.missingBackingImages, (missing) =>
      missing.length === 0
        ? { name, result: 'pass', message: 'every StorageClass is there, and of the right driver' }
        : {
            name,
            result: 'fail',
            message: `the class of a volume names backing image ${missing.join(', ')}, which Longhorn does not have`,
            cure: 'upload the image anew, or have it brought back from the target',
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
      : `volume ${entry.volumeName} names no StorageClass, and there is none by default`;
    const cure = named
      ? 'create it with the parameters it had; image classes come with their image'
      : listCommand('StorageClass');
    return { name, result: 'fail', message, cure };
  }
  const { name: own } = found.metadata;
  if (found.provisioner !== driverOf(entry)) {
    const message = `StorageClass ${own} is of ${found.provisioner}, which cannot make a volume from a snapshot of ${driverOf(entry)}`;
    return { name, result: 'fail', message, cure: 'create it anew with the provisioner it had' };
  }
  const startsItself = /^(Always|RerunOnFailure)$/.test(
    seen.chain?.backup.status?.source?.runStrategy ?? 'RerunOnFailure',
  );
  if (found.volumeBindingMode !== 'WaitForFirstConsumer' || (seen.wish.newVM && startsItself)) return undefined;
  const message = `StorageClass ${own} makes volumes once a pod asks for them, and Harvester starts the VM once it has its volumes`;
  return { name, result: 'warn', message, cure: 'start the VM by hand when the restore waits for its claims' };
}

function checkImages({ images }: SeenPreflight): Check {
  const name = 'image';
  return ifKnown(name, images, (found) => {
    const those = (state: ImageState) => [...found].filter(([, is]) => is === state).map(([id]) => id);
    const missing = those('missing');
    const notReady = those('not ready');
    const need = 'the data does not need it, the class of its volumes may';
    if (missing.length > 0) {
      const message = `image ${missing.join(', ')} does not exist; ${need}`;
      return { name, result: 'warn', message, cure: 'upload the image anew under its name' };
    }
    if (notReady.length > 0) {
      const message = `image ${notReady.join(', ')} is not ready; ${need}`;
      return { name, result: 'warn', message, cure: listCommand('VirtualMachineImage') };
    }
    return { name, result: 'pass', message: 'every image that volumes were made from is there' };
  });
}
