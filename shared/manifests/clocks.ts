import type { AnyFunction } from '../function.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';

const clockOf = (fn: string): string => `${fn}-sweep`;

/** The `source` that Knative gives a function's ticks. */
export const tickSource = (fn: string, { namespace }: Pick<ManifestOptions, 'namespace'>): string =>
  `/apis/v1/namespaces/${namespace}/pingsources/${clockOf(fn)}`;

/** One PingSource per function, at staggered minutes, so that they do not list from the API server all at once. */
export function clocks(
  functions: readonly Pick<AnyFunction, 'name'>[],
  { namespace, sweepSchedule }: ManifestOptions,
  sink: object,
): Commented[] {
  return functions.map(({ name }, place) => ({
    ...(place === 0 && { why: WHY }),
    manifest: {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'PingSource',
      metadata: { name: clockOf(name), namespace, labels: labels('sources') },
      spec: {
        schedule: staggered(sweepSchedule, place, functions.length),
        contentType: 'application/json',
        data: '{"sweep":true}',
        sink,
      },
    },
  }));
}

const WHY =
  'Sources do not report objects that existed before them, nor changes while they were down: a sweep checks\n' +
  'everything. Each function has its own PingSource, at its own minutes.';

/** Shifts an "every N minutes" schedule by the function's place; leaves any other schedule as it is. @testonly */
export function staggered(schedule: string, place: number, places: number): string {
  const [, minutes, others] = /^\*\/(\d+) (.*)$/.exec(schedule.trim()) ?? [];
  if (minutes === undefined || others === undefined) return schedule;
  const first = Math.floor((place * Number(minutes)) / places);
  return first === 0 ? schedule : `${first}-59/${minutes} ${others}`;
}
