/**
 * Trigger filters. Only attributes can be looked at, never the data.
 *
 * What it does not do: cesql.
 */
import type { Event } from './event.ts';

type Attributes = Record<string, string>;

export interface Filter {
  exact?: Attributes;
  prefix?: Attributes;
  suffix?: Attributes;
  all?: readonly Filter[];
  any?: readonly Filter[];
  not?: Filter;
}

export const passesAll = (filters: readonly Filter[], event: Event) => filters.every((filter) => passes(filter, event));

export function passes(filter: Filter, event: Event): boolean {
  const { exact, prefix, suffix, all, any, not } = filter;
  if (exact) return each(exact, event, (value, wanted) => value === wanted);
  if (prefix) return each(prefix, event, (value, wanted) => value.startsWith(wanted));
  if (suffix) return each(suffix, event, (value, wanted) => value.endsWith(wanted));
  if (all) return passesAll(all, event);
  if (any) return any.some((inner) => passes(inner, event));
  if (not) return !passes(not, event);
  throw new Error(`unknown filter: ${JSON.stringify(filter)}`);
}

/** A missing attribute fails; an empty wanted value is skipped, as Knative does it: it lets everything through. */
function each(wanted: Attributes, event: Event, holds: (value: string, wanted: string) => boolean): boolean {
  return Object.entries(wanted).every(([name, expected]) => {
    if (expected === '') return true;
    const value = event[name];
    return typeof value === 'string' && holds(value, expected);
  });
}
