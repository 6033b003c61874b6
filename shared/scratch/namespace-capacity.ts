import { ref } from '../domain/kinds.ts';
import { createNamespaceCommand, editCommand } from '../domain/kubectl.ts';
import { isDeleting } from '../chain/metadata.ts';
import { formatBytes } from '../domain/bytes.ts';
import { parseQuantity } from '../domain/quantity.ts';
import type { Reader } from '../ports/reader.ts';
import type { ObjectOf } from '../objects/types.ts';
import type { Breach, Limited } from './quota.ts';
import {
  amountsOfClaims,
  amountsOfPods,
  breaches,
  headrooms,
  isShort,
  limitedClaim,
  showAmount,
  withDefaults,
} from './quota.ts';
import { collect } from './scratch.ts';

/** What limits the namespace in which drills and probes create their objects. */
export interface NamespaceCapacity {
  readonly name: string;
  /** Undefined if it does not exist. */
  readonly namespace: ObjectOf<'Namespace'> | undefined;
  readonly quotas: readonly ObjectOf<'ResourceQuota'>[];
  readonly limits: readonly ObjectOf<'LimitRange'>[];
}

/** Reads namespace, quotas and limit ranges. @throws what the reader throws, also 403 without the right to list them */
export const readCapacity = async (reader: Reader, name: string): Promise<NamespaceCapacity> => ({
  name,
  namespace: await reader.get('Namespace', name),
  quotas: await collect(reader.list('ResourceQuota', { namespace: name })),
  limits: await collect(reader.list('LimitRange', { namespace: name })),
});

/** Why the objects cannot be created: the namespace is missing or being deleted, or a limit is exceeded. */
export interface CapacityProblem {
  readonly is: 'missing' | 'unfit' | 'full';
  readonly message: string;
  /** The command that helps. */
  readonly command?: string;
}

/** The objects to create, all at the same time. */
export interface Wanted {
  readonly claims: readonly { readonly storageClass: string; readonly bytes: number }[];
  readonly snapshots: number;
  readonly pods?: WantedPods | undefined;
}

/** Pods of one container each, all alike. */
export interface WantedPods extends Limited {
  readonly count: number;
}

/** The first obstacle to creating all of these; undefined if there is room. Checks limit ranges before quotas. */
export function capacityProblem(capacity: NamespaceCapacity, wanted: Wanted): CapacityProblem | undefined {
  const { name, namespace } = capacity;
  if (namespace === undefined) {
    return { is: 'missing', message: `namespace ${name} does not exist`, command: createNamespaceCommand(name) };
  }
  if (isDeleting(namespace) || namespace.status?.phase === 'Terminating')
    return { is: 'unfit', message: `namespace ${name} is being deleted` };
  return limitProblem(capacity, wanted) ?? quotaProblem(capacity, wanted);
}

function limitProblem({ name, limits }: NamespaceCapacity, { claims, pods }: Wanted): CapacityProblem | undefined {
  const objects = [
    ...(pods === undefined ? [] : [withDefaults(pods, limits)]),
    ...claims.map(({ bytes }) => limitedClaim('a claim', bytes)),
  ];
  const [breach] = breaches(limits, objects);
  if (breach === undefined) return undefined;
  return {
    is: 'full',
    message: `limit range ${breach.range} of namespace ${name} ${describeBreach(breach)}`,
    command: editCommand(ref('LimitRange', breach.range, name)),
  };
}

function describeBreach({ type, object, rule, resource, allowed, asked }: Breach): string {
  if (object.type === 'claim') {
    const bytes = (quantity: Breach['asked']) => formatBytes(parseQuantity(quantity) ?? 0);
    return `allows a claim of ${rule === 'max' ? 'at most' : 'at least'} ${bytes(allowed)}, but ${bytes(asked)} is needed`;
  }
  const of = type === 'Pod' ? 'a pod' : 'a container';
  const request = object.requests[resource];
  switch (rule) {
    case 'min':
      return `requires at least ${allowed} of ${resource} for ${of}, but ${object.what} requests ${asked ?? 'none'}`;
    case 'max':
      return `allows ${of} at most ${allowed} of ${resource}, but ${object.what} is ${asked === undefined ? 'not limited' : `limited to ${asked}`}`;
    case 'ratio':
      return !parseQuantity(request) || !parseQuantity(asked)
        ? `requires a request and a limit of ${resource} for ${of}, but ${object.what} has none`
        : `allows ${of} a limit of ${resource} of at most ${allowed} times its request, but ${object.what} has ${request} and ${asked}`;
  }
}

function quotaProblem(
  { name, quotas }: NamespaceCapacity,
  { claims, snapshots, pods }: Wanted,
): CapacityProblem | undefined {
  const short = headrooms(quotas, [
    ...amountsOfClaims(claims),
    ['count/volumesnapshots.snapshot.storage.k8s.io', snapshots],
    ...(pods === undefined ? [] : amountsOfPods(pods.count, pods.requests, pods.limits)),
  ]).find(isShort);
  if (short === undefined) return undefined;
  const { quota, what, left, amount } = short;
  return {
    is: 'full',
    message: `quota ${quota} of namespace ${name} leaves ${showAmount(what, left)} of ${what}, but ${showAmount(what, amount)} are needed`,
    command: editCommand(ref('ResourceQuota', quota, name)),
  };
}
