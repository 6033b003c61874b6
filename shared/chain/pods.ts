import { parseQuantity } from '../domain/quantity.ts';
import type { ObjectOf } from '../objects/types.ts';

/** Pods of one container each. */
export interface WantedPods {
  /** What one is, with its article. */
  readonly what: string;
  readonly count: number;
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

type LimitRange = ObjectOf<'LimitRange'>;
type Item = LimitRange['spec']['limits'][number];

/** What a quota counts of them. */
export function amountsOf({ count, requests, limits }: WantedPods): [what: string, amount: number][] {
  const times = (amount: string | undefined) => count * (parseQuantity(amount) ?? 0);
  return [
    ['pods', count],
    ['count/pods', count],
    ...Object.entries(requests).flatMap(([what, amount]): [string, number][] => [
      [what, times(amount)],
      [`requests.${what}`, times(amount)],
    ]),
    ...Object.entries(limits).map(([what, amount]): [string, number] => [`limits.${what}`, times(amount)]),
  ];
}

export const isOfPods = (what: string): boolean =>
  /^(((requests|limits)\.)?(cpu|memory|ephemeral-storage)|(count\/)?pods)$/.test(what);

/** A quota may be for some pods alone; these end when somebody stops them, have limits, and no priority class is named. */
export const countsPods = ({ spec }: ObjectOf<'ResourceQuota'>): boolean =>
  spec?.scopeSelector === undefined &&
  (spec?.scopes ?? []).every((scope) => scope === 'NotTerminating' || scope === 'NotBestEffort');

/** Why a limit range lets no such pod in; defaults fill in what it does not name. */
export function rangeTrouble(
  { metadata, spec }: LimitRange,
  ranges: readonly LimitRange[],
  pods: WantedPods,
): string | undefined {
  const containers = ranges.flatMap((range) => range.spec.limits).filter(({ type }) => type === 'Container');
  const filled = { ...pods, requests: fill(pods, containers, 'requests'), limits: fill(pods, containers, 'limits') };
  for (const item of spec.limits) {
    if (item.type !== 'Container' && item.type !== 'Pod') continue;
    const trouble = itemTrouble(item, item.type === 'Pod' ? 'a pod' : 'a container', filled);
    if (trouble !== undefined) return `limit range ${metadata.name} of namespace ${metadata.namespace} ${trouble}`;
  }
  return undefined;
}

function fill(pods: WantedPods, containers: readonly Item[], of: 'requests' | 'limits'): Record<string, string> {
  const filled: Record<string, string> = { ...pods[of] };
  for (const item of containers) {
    const given = of === 'limits' ? item.default : item.defaultRequest;
    for (const [what, amount] of Object.entries(given ?? {})) filled[what] ??= String(amount);
  }
  return filled;
}

function itemTrouble(item: Item, of: string, { what: pod, requests, limits }: WantedPods): string | undefined {
  for (const [what, least] of Object.entries(item.min ?? {})) {
    const asked = requests[what];
    if (asked === undefined || isLess(asked, least))
      return `requires at least ${least} of ${what} for ${of}, but ${pod} requests ${asked ?? 'none'}`;
  }
  for (const [what, most] of Object.entries(item.max ?? {})) {
    const limit = limits[what];
    if (limit === undefined || isLess(most, limit))
      return `allows ${of} at most ${most} of ${what}, but ${pod} is ${limit === undefined ? 'not limited' : `limited to ${limit}`}`;
  }
  for (const [what, ratio] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const [asked, limit] = [parseQuantity(requests[what]) ?? 0, parseQuantity(limits[what]) ?? 0];
    if (asked === 0 || limit === 0) return `requires a request and a limit of ${what} for ${of}, but ${pod} has none`;
    if (limit / asked > (parseQuantity(ratio) ?? Infinity))
      return `allows ${of} a limit of ${what} of at most ${ratio} times its request, but ${pod} has ${requests[what]} and ${limits[what]}`;
  }
  return undefined;
}

const isLess = (one: string | number, other: string | number): boolean =>
  (parseQuantity(one) ?? 0) < (parseQuantity(other) ?? 0);
