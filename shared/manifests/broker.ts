import type { AnyFunction, Watch } from '../function.ts';
import { replySource, replyTypes, resourceTypes, sweepTypes } from '../events/types.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';
import { TIMEOUT_SECONDS } from './service.ts';
import { tickSource } from './clocks.ts';

export const BROKER = 'gleaner';

/** Names its class and channel, so that the delivery rules hold whatever the cluster's default is. */
export function broker({ namespace }: ManifestOptions): Commented {
  return {
    manifest: {
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Broker',
      metadata: {
        name: BROKER,
        namespace,
        labels: labels('broker'),
        annotations: { 'eventing.knative.dev/broker.class': 'MTChannelBasedBroker' },
      },
      spec: {
        config: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: 'config-br-default-channel',
          namespace: 'knative-eventing',
        },
      },
    },
  };
}

/** The events that a function receives: changes of the kinds it watches, and sweeps. */
export function triggers(fn: Pick<AnyFunction, 'name' | 'watches'>, options: ManifestOptions): Commented[] {
  const changes = () =>
    trigger(
      fn.name,
      fn.name,
      fn.watches.flatMap((watch) => typesOf(watch).map((type) => ({ type, kind: watch.kind }))),
      // Few and quick retries: the broker is synchronous, so the source waits meanwhile, and the next sweep finds what
      // was given up.
      { retry: 3, backoffPolicy: 'exponential', backoffDelay: 'PT1S', timeout: 'PT60S' },
      options,
      'Filters by the types and kinds that the function watches, and by none of Gleaner’s own reply types: a reply that\n' +
        'came back to its sender would loop some 255 times. There is no dead letter sink, because no service receives dead\n' +
        'letters yet: the next sweep finds what was given up after the retries.',
    );
  return [...(fn.watches.length === 0 ? [] : [changes()]), sweepTrigger(fn.name, options)];
}

function sweepTrigger(name: string, options: ManifestOptions): Commented {
  return trigger(
    `${name}-sweep`,
    name,
    [
      { type: sweepTypes.tick, source: tickSource(name, options) },
      { type: sweepTypes.asked },
      { type: replyTypes.sweptInPart, source: replySource(name) },
    ],
    { retry: 0, timeout: `PT${TIMEOUT_SECONDS}S` },
    options,
    'Sweeps: by its own PingSource, on request, and the rest of its own sweep if the time limit was too short. Each such\n' +
      'part continues after the one before, so the chain ends. Not retried: the next tick sweeps again.',
  );
}

/** The source's event types for the mode in which the kind is watched. */
const typesOf = ({ mode }: Watch): string[] =>
  Object.keys(resourceTypes).filter((type) => resourceTypes[type]?.withObject === (mode === 'resource'));

function trigger(
  name: string,
  subscriber: string,
  exact: readonly Readonly<Record<string, string>>[],
  delivery: Readonly<Record<string, unknown>>,
  { namespace }: ManifestOptions,
  why: string,
): Commented {
  return {
    why,
    manifest: {
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Trigger',
      metadata: { name, namespace, labels: labels(subscriber) },
      spec: {
        broker: BROKER,
        filters: [{ any: exact.map((attributes) => ({ exact: attributes })) }],
        subscriber: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: subscriber } },
        delivery,
      },
    },
  };
}
