import { formatBytes } from '../domain/bytes.ts';
import { parseQuantity } from '../domain/quantity.ts';
import type { Reader } from '../kube/ports.ts';
import type { ObjectOf } from '../objects/types.ts';
import { isDeleting } from './judge.ts';
import type { WantedPods } from './pods.ts';
import { amountsOf, countsPods, isOfPods, rangeTrouble } from './pods.ts';
import { collect } from './scratch.ts';

/** The namespace that drills and probes make their claims in. */
export interface Place {
  readonly name: string;
  readonly namespace: ObjectOf<'Namespace'> | undefined;
  readonly quotas: readonly ObjectOf<'ResourceQuota'>[];
  readonly limits: readonly ObjectOf<'LimitRange'>[];
}

export const readPlace = async (reader: Reader, name: string): Promise<Place> => ({
  name,
  namespace: await reader.get('Namespace', name),
  quotas: await collect(reader.list('ResourceQuota', { namespace: name })),
  limits: await collect(reader.list('LimitRange', { namespace: name })),
});

export interface PlaceTrouble {
  readonly is: 'missing' | 'unfit' | 'full';
  readonly message: string;
  readonly command?: string;
}

interface WantedClaim {
  readonly storageClass: string;
  readonly bytes: number;
}

/** What is to be made there. */
export interface Wanted {
  readonly claims: readonly WantedClaim[];
  readonly snapshots: number;
  readonly pods?: WantedPods | undefined;
}

/** Why these have no place there. */
export function placeTrouble({ name, namespace, quotas, limits }: Place, wanted: Wanted): PlaceTrouble | undefined {
  if (namespace === undefined) {
    return { is: 'missing', message: `namespace ${name} does not exist`, command: `kubectl create namespace ${name}` };
  }
  if (isDeleting(namespace) || namespace.status?.phase === 'Terminating')
    return { is: 'unfit', message: `namespace ${name} is being deleted` };
  return limitTrouble(name, limits, wanted) ?? quotaTrouble(name, quotas, wanted);
}

/** What the namespace allows a single claim or pod. */
function limitTrouble(namespace: string, limits: Place['limits'], { claims, pods }: Wanted): PlaceTrouble | undefined {
  for (const range of limits) {
    const { metadata, spec } = range;
    const command = `kubectl edit limitrange ${metadata.name} -n ${namespace}`;
    const ofPods = pods && rangeTrouble(range, limits, pods);
    if (ofPods !== undefined) return { is: 'full', message: ofPods, command };
    for (const { type, min, max } of spec.limits) {
      if (type !== 'PersistentVolumeClaim') continue;
      const [least = 0, most = Infinity] = [parseQuantity(min?.['storage']), parseQuantity(max?.['storage'])];
      const outside = claims.find(({ bytes }) => bytes < least || bytes > most);
      if (outside === undefined) continue;
      const bound = outside.bytes > most ? `at most ${formatBytes(most)}` : `at least ${formatBytes(least)}`;
      return {
        is: 'full',
        message: `limit range ${metadata.name} of namespace ${namespace} allows a claim of ${bound}, but ${formatBytes(outside.bytes)} is needed`,
        command,
      };
    }
  }
  return undefined;
}

function quotaTrouble(
  name: string,
  quotas: Place['quotas'],
  { claims, snapshots, pods }: Wanted,
): PlaceTrouble | undefined {
  const wanted = new Map<string, number>([
    ['persistentvolumeclaims', claims.length],
    ['count/persistentvolumeclaims', claims.length],
    ['count/volumesnapshots.snapshot.storage.k8s.io', snapshots],
    ...(pods === undefined ? [] : amountsOf(pods)),
  ]);
  const add = (what: string, amount: number) => void wanted.set(what, (wanted.get(what) ?? 0) + amount);
  for (const { storageClass, bytes } of claims) {
    const ofClass = `${storageClass}.storageclass.storage.k8s.io`;
    add('requests.storage', bytes);
    add(`${ofClass}/requests.storage`, bytes);
    add(`${ofClass}/persistentvolumeclaims`, 1);
  }
  for (const quota of quotas) {
    const { metadata, spec, status } = quota;
    // Kubernetes goes by the status; a quota that was just made has none.
    const allowed = status?.hard ?? spec?.hard;
    for (const [what, amount] of wanted) {
      const hard = parseQuantity(allowed?.[what]);
      const used = parseQuantity(status?.used?.[what]) ?? 0;
      if (hard === undefined || used + amount <= hard || (isOfPods(what) && !countsPods(quota))) continue;
      const show = (n: number) => (/(storage|memory)$/.test(what) ? formatBytes(n) : String(Number(n.toFixed(3))));
      return {
        is: 'full',
        message: `quota ${metadata.name} of namespace ${name} leaves ${show(Math.max(0, hard - used))} of ${what}, but ${show(amount)} are needed`,
        command: `kubectl edit resourcequota ${metadata.name} -n ${name}`,
      };
    }
  }
  return undefined;
}
