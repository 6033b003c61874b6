import { formatBytes } from '../domain/bytes.ts';
import { parseQuantity } from '../domain/quantity.ts';
import type { VolumeEntry } from '../objects/types.ts';
import type { Check } from './checks.ts';
import { ifKnown } from './checks.ts';
import type { SeenPreflight } from './read.ts';

/**
 * Whether there is a place to restore into: namespace, quota, storage classes, images. Harvester's own ResourceQuota is not
 * asked: it limits what snapshots of volumes take, and a restore makes its snapshots from contents.
 */
export function checkRoom(seen: SeenPreflight): Check[] {
  return [checkNamespace(seen), checkQuota(seen), checkStorageClasses(seen), checkImages(seen)];
}

function checkNamespace({ namespace, wish: { to } }: SeenPreflight): Check {
  const name = 'namespace';
  return ifKnown(name, namespace, (found) => {
    if (found === undefined) {
      return {
        name,
        result: 'fail',
        message: `namespace ${to} does not exist`,
        cure: `kubectl create namespace ${to}`,
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
  // A VM that is there already has its share.
  const there = 'found' in machine && machine.found !== undefined;
  const source = chain?.backup.status?.source;
  if (wish.newVM && !there && source !== undefined) {
    add('limits.cpu', parseQuantity(source.cpu) ?? 0);
    add('limits.memory', parseQuantity(source.memory) ?? 0);
  }
  return [...wanted].map(([what, amount]) => ({ what, amount }));
}

const sizeOf = (entry: VolumeEntry): number | undefined =>
  entry.volumeSize ?? parseQuantity(entry.persistentVolumeClaim?.spec?.resources?.requests?.['storage']);

function checkQuota(seen: SeenPreflight): Check {
  const name = 'quota';
  const { to } = seen.wish;
  return ifKnown(name, seen.quotas, (quotas) => {
    const wanted = wantedOf(seen);
    for (const { metadata, status } of quotas) {
      for (const { what, amount } of wanted) {
        const hard = parseQuantity(status?.hard?.[what]);
        const used = parseQuantity(status?.used?.[what]) ?? 0;
        if (hard === undefined || amount === 0 || used + amount <= hard) continue;
        const show = (n: number) => (/storage$|memory$/.test(what) ? formatBytes(n) : String(n));
        const message = `quota ${metadata.name} leaves ${show(Math.max(0, hard - used))} of ${what}, and ${show(amount)} are needed`;
        return { name, result: 'fail', message, cure: `kubectl edit resourcequota ${metadata.name} -n ${to}` };
      }
    }
    const what = quotas.length === 0 ? 'there is no quota' : 'the quota has room';
    return { name, result: 'pass', message: `${what} in namespace ${to}` };
  });
}

function checkStorageClasses({ storageClasses, chain }: SeenPreflight): Check {
  const name = 'storageclass';
  return ifKnown(name, storageClasses, (there) => {
    const needed = (chain?.volumes ?? []).map(({ entry }) => entry.persistentVolumeClaim?.spec?.storageClassName);
    const missing = [...new Set(needed)].filter((one): one is string => Boolean(one) && !there.has(one as string));
    if (missing.length === 0) return { name, result: 'pass', message: 'every StorageClass is there' };
    const message = `StorageClass ${missing.join(', ')} does not exist, or is being deleted`;
    return {
      name,
      result: 'fail',
      message,
      cure: 'create it with the parameters it had; image classes come with their image',
    };
  });
}

function checkImages({ images }: SeenPreflight): Check {
  const name = 'image';
  return ifKnown(name, images, (found) => {
    const missing = [...found].filter(([, there]) => !there).map(([id]) => id);
    if (missing.length === 0)
      return { name, result: 'pass', message: 'every image that volumes were made from is there' };
    const message = `image ${missing.join(', ')} does not exist; the data does not need it, the class of its volumes may`;
    return { name, result: 'warn', message, cure: 'upload the image anew under its name' };
  });
}
