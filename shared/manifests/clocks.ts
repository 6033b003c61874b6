import type { AnyFunction } from '../function.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';

const clockOf = (fn: string): string => `${fn}-sweep`;

/** What Knative gives as the source of a function's ticks. */
export const tickSource = (fn: string, { namespace }: Pick<ManifestOptions, 'namespace'>): string =>
  `/apis/v1/namespaces/${namespace}/pingsources/${clockOf(fn)}`;

/** A clock for each function. They ring in turn, so that the API server is not listed by all at once. */
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

/** Of "every so many minutes" each takes other minutes. Any other schedule is somebody's own will. @testonly */
export function staggered(schedule: string, place: number, places: number): string {
  const [, minutes, others] = /^\*\/(\d+) (.*)$/.exec(schedule.trim()) ?? [];
  if (minutes === undefined || others === undefined) return schedule;
  const first = Math.floor((place * Number(minutes)) / places);
  return first === 0 ? schedule : `${first}-59/${minutes} ${others}`;
}
