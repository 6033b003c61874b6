import { formatBytes } from '../domain/bytes.ts';
import { parseQuantity } from '../domain/quantity.ts';
import type { ObjectOf } from '../objects/types.ts';

/**
 * The arithmetic of ResourceQuotas and LimitRanges, as in the API server's admission. Pure. Amounts are bytes, cores or
 * pieces. Returns what does not fit; callers add the message.
 */

type ResourceQuota = ObjectOf<'ResourceQuota'>;
type LimitRange = ObjectOf<'LimitRange'>;
type Item = LimitRange['spec']['limits'][number];

/**
 * An amount by the name that a ResourceQuota has for it: `requests.storage` in bytes, `limits.cpu` in cores, `pods`.
 */
export type Amount = readonly [what: string, amount: number];

/** `500m`, `10Gi`; or the number of cores or bytes. */
type Quantity = string | number;
/** By resource: `cpu`, `memory`, `storage`. Unknown quantities are undefined. */
export type Quantities = Readonly<Partial<Record<string, Quantity>>>;

/** What a quota counts of new claims. Without a class no quota of a class is counted. */
export const amountsOfClaims = (
  claims: readonly { readonly storageClass?: string | null | undefined; readonly bytes: number }[],
): Amount[] =>
  claims.flatMap(({ storageClass, bytes }) => [
    ['requests.storage', bytes],
    ['persistentvolumeclaims', 1],
    ['count/persistentvolumeclaims', 1],
    [`${storageClass ?? ''}.storageclass.storage.k8s.io/requests.storage`, bytes],
    [`${storageClass ?? ''}.storageclass.storage.k8s.io/persistentvolumeclaims`, 1],
  ]);

/** What a quota counts of `count` new pods that each ask for `requests` and are limited to `limits`. */
export function amountsOfPods(count: number, requests: Quantities = {}, limits: Quantities = {}): Amount[] {
  const times = (quantity: Quantity | undefined) => count * (parseQuantity(quantity) ?? 0);
  return [
    ['pods', count],
    ['count/pods', count],
    ...Object.entries(limits).map(([what, limit]): Amount => [`limits.${what}`, times(limit)]),
    ...Object.entries(requests).map(([what, request]): Amount => [what, times(request)]),
    ...Object.entries(requests).map(([what, request]): Amount => [`requests.${what}`, times(request)]),
  ];
}

/** How much of one resource a quota leaves, and how much is wanted. */
export interface Headroom {
  /** Name of the ResourceQuota. */
  readonly quota: string;
  readonly what: string;
  readonly left: number;
  readonly amount: number;
}

/** One per wanted amount that a quota limits. Adds up amounts of the same name; skips amounts of 0. */
export function headrooms(quotas: readonly ResourceQuota[], wanted: readonly Amount[]): Headroom[] {
  const sums = new Map<string, number>();
  for (const [what, amount] of wanted) sums.set(what, (sums.get(what) ?? 0) + amount);
  return quotas.flatMap((quota) => {
    const { metadata, spec, status } = quota;
    // Kubernetes uses the status; a new quota has none yet.
    const allowed = status?.hard ?? spec?.hard;
    return [...sums].flatMap(([what, amount]): Headroom[] => {
      const hard = parseQuantity(allowed?.[what]);
      if (hard === undefined || amount === 0 || (isOfPods(what) && !countsPods(quota))) return [];
      const left = Math.max(0, hard - (parseQuantity(status?.used?.[what]) ?? 0));
      return [{ quota: metadata.name, what, left, amount }];
    });
  });
}

export const isShort = ({ left, amount }: Pick<Headroom, 'left' | 'amount'>): boolean => amount - left > ROUNDING;

/** Kubernetes counts whole thousandths. In floating point 300m − 200m is slightly less than 100m. */
const ROUNDING = 1e-6;

const isOfPods = (what: string): boolean =>
  /^(((requests|limits)\.)?(cpu|memory|ephemeral-storage)|(count\/)?pods)$/.test(what);

/** Whether a quota applies to our pods, by its scopes: not terminating, not best-effort, no priority class. */
const countsPods = ({ spec }: ResourceQuota): boolean =>
  spec?.scopeSelector === undefined &&
  (spec?.scopes ?? []).every((scope) => scope === 'NotTerminating' || scope === 'NotBestEffort');

/** An object that LimitRanges check. */
export interface Limited {
  /** For messages, with its article: `a pod that reads`. */
  readonly what: string;
  /** `pod`: one with a single container, which meets limits of type Pod and of type Container. */
  readonly type: 'claim' | 'pod';
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/** A claim for LimitRanges. `bytes` undefined: unknown size. */
export const limitedClaim = (what: string, bytes: number | undefined): Limited => {
  const storage = bytes === undefined ? {} : { storage: bytes };
  return { what, type: 'claim', requests: storage, limits: storage };
};

/** A rule of a LimitRange that an object breaks. */
export interface Breach {
  /** Name of the LimitRange. */
  readonly range: string;
  /** `Pod`, `Container`, `PersistentVolumeClaim`. */
  readonly type: string;
  readonly object: Limited;
  /** `ratio`: how many times its request a limit may be. */
  readonly rule: 'min' | 'max' | 'ratio';
  readonly resource: string;
  readonly allowed: Quantity;
  /** The request for `min`, else the limit. Undefined: the object has none. */
  readonly asked: Quantity | undefined;
}

const limitedBy: Readonly<Record<string, Limited['type']>> = {
  PersistentVolumeClaim: 'claim',
  Pod: 'pod',
  Container: 'pod',
};

/** Every rule that one of the objects breaks, in the order of the ranges. */
export const breaches = (ranges: readonly LimitRange[], objects: readonly Limited[]): Breach[] =>
  ranges.flatMap(({ metadata, spec }) =>
    spec.limits.flatMap((item) =>
      objects
        .filter(({ type }) => type === limitedBy[item.type])
        .flatMap((object) =>
          broken(item, object).map((rule) => ({ range: metadata.name, type: item.type, object, ...rule })),
        ),
    ),
  );

function broken(item: Item, { requests, limits }: Limited): Pick<Breach, 'rule' | 'resource' | 'allowed' | 'asked'>[] {
  const rules = (rule: Breach['rule'], amounts: Item['min'], given: Quantities) =>
    Object.entries(amounts ?? {}).map(([resource, allowed]) => ({ rule, resource, allowed, asked: given[resource] }));
  const ratio = (resource: string) => (parseQuantity(limits[resource]) ?? 0) / (parseQuantity(requests[resource]) ?? 0);
  return [
    ...rules('min', item.min, requests).filter(({ allowed, asked }) => !atMost(allowed, asked)),
    ...rules('max', item.max, limits).filter(({ allowed, asked }) => !atMost(asked, allowed)),
    ...rules('ratio', item.maxLimitRequestRatio, limits).filter(
      // Without a limit the ratio is 0, without a request it is infinite or no number at all: both are refused.
      ({ resource, allowed }) => !(ratio(resource) > 0 && atMost(ratio(resource), allowed)),
    ),
  ];
}

const atMost = (one: Quantity | undefined, other: Quantity | undefined): boolean =>
  (parseQuantity(one) ?? Infinity) - (parseQuantity(other) ?? -Infinity) <= ROUNDING;

/** The pod with the defaults of LimitRanges for containers, as the API server fills them in. */
export function withDefaults(pod: Limited, ranges: readonly LimitRange[]): Limited {
  const items = ranges.flatMap(({ spec }) => spec.limits).filter(({ type }) => type === 'Container');
  const fill = (given: Quantities, defaults: (item: Item) => Item['default']): Quantities =>
    Object.assign({}, ...items.map((item) => defaults(item) ?? {}).reverse(), given) as Quantities;
  return {
    ...pod,
    requests: fill(pod.requests, (item) => item.defaultRequest),
    limits: fill(pod.limits, (item) => item.default),
  };
}

/** An amount of this resource for messages: `5 GiB`, `0.25`. */
export const showAmount = (what: string, amount: number): string =>
  /(storage|memory)$/.test(what) ? formatBytes(amount) : String(Number(amount.toFixed(3)));
