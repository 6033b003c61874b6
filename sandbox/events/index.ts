/** Sources, broker and triggers of one sandbox, put together by hand or from the manifests a cluster would be given. */
import type { KubeObject } from '../api/types.ts';
import type { Sandbox } from '../index.ts';
import { Broker, type BrokerOptions, type Trigger } from './broker.ts';
import type { DeliverySpec } from './delivery.ts';
import type { Filter } from './filters.ts';
import { ping } from './ping.ts';
import { ApiServerSource, type Mischief, type SourceOptions } from './source.ts';
import type { Subscriber } from './subscriber.ts';

export { type Trigger } from './broker.ts';
export { type Event } from './event.ts';
export { type Filter, passes } from './filters.ts';
export { ping } from './ping.ts';
export { type Mischief } from './source.ts';
export { type Activator, type Instance, type Subscriber, activator, at } from './subscriber.ts';

export interface EventingOptions extends BrokerOptions {
  sources: readonly Omit<SourceOptions, 'send'>[];
  triggers: readonly Trigger[];
  /** PingSources. Default: one, of any name. */
  clocks?: readonly { name: string; namespace: string }[];
  mischief?: Mischief;
}

export interface Eventing {
  readonly broker: Broker;
  readonly sources: readonly ApiServerSource[];
  /** Has every PingSource tick, at once, and waits until that was dealt with. */
  ping: (data?: object) => Promise<void>;
  /** Until no event is on its way. */
  idle: () => Promise<void>;
  /** Until no event is on its way and the cluster has nothing more to do, both at once. */
  settle: (timeoutMs?: number) => Promise<void>;
  stop: () => Promise<void>;
}

export function startEventing(sandbox: Sandbox, options: EventingOptions): Eventing {
  const broker = new Broker(options.triggers, options);
  const sources = options.sources.map(
    (source) =>
      new ApiServerSource(sandbox.api.client('apiserver-source'), {
        apiServer: sandbox.api.url,
        ...(options.mischief ? { mischief: options.mischief } : {}),
        ...source,
        send: (event) => broker.publish(event),
      }),
  );
  const busy = () => broker.busy || sources.some((source) => source.busy);

  async function idle(): Promise<void> {
    for (let calmTurns = 0; calmTurns < 3; calmTurns = busy() ? 0 : calmTurns + 1)
      await new Promise<void>((resolve) => (busy() ? setTimeout(resolve, 1) : setImmediate(resolve)));
  }

  return {
    broker,
    sources,
    async ping(data = {}) {
      const { clocks = [{ name: 'sweep', namespace: 'sandbox' }] } = options;
      await Promise.all(clocks.map(({ name, namespace }) => broker.publish(ping(name, data, namespace))));
    },
    idle,
    async settle(timeoutMs) {
      for (let before = -1; before !== broker.recorded.length;) {
        before = broker.recorded.length;
        await idle();
        await sandbox.settle(timeoutMs);
        await idle();
      }
    },
    async stop() {
      for (const source of sources) source.stop();
      await broker.stop();
    },
  };
}

/**
 * Reads sources and Triggers as they would be applied to a cluster. `subscribers` are the Services, by name.
 * Other kinds are passed over.
 */
export function fromManifests(
  manifests: readonly Record<string, unknown>[],
  subscribers: Readonly<Record<string, Subscriber>>,
): Pick<EventingOptions, 'sources' | 'triggers' | 'clocks'> {
  const of = (kind: string) => (manifests as readonly KubeObject[]).filter((manifest) => manifest.kind === kind);
  return {
    sources: of('ApiServerSource').map(({ spec }) => ({
      mode: spec.mode ?? 'Reference',
      resources: spec.resources,
      ...(spec.ceOverrides ? { ceOverrides: spec.ceOverrides } : {}),
    })),
    clocks: of('PingSource').map(({ metadata: { name, namespace = '' } }) => ({ name, namespace })),
    triggers: of('Trigger').map(({ metadata, spec }) => {
      const service: string = spec.subscriber?.ref?.name;
      const subscriber = subscribers[service];
      if (!subscriber) throw new Error(`trigger ${metadata.name} delivers to ${service}, which is not here`);
      const filters: Filter[] = spec.filters ?? (spec.filter ? [{ exact: spec.filter.attributes }] : []);
      return {
        name: metadata.name,
        subscriber,
        filters,
        ...(spec.delivery ? { delivery: spec.delivery as DeliverySpec } : {}),
      };
    }),
  };
}
