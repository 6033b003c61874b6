/**
 * A Broker with its Triggers, after Knative's channel-based one: synchronous (who publishes waits until every trigger
 * has finished all its retries), nothing persisted, replies come back in as events with one less hop to go.
 *
 * What it does not do: channels, ordering guarantees, Retry-After, structured delivery, identities, size limits.
 */
import { type Attempt, type DeliverySpec, attempt, backoffMs, deadLetter, durationMs } from './delivery.ts';
import { type Event, toLine } from './event.ts';
import { type Filter, passesAll } from './filters.ts';
import type { Subscriber } from './subscriber.ts';

export interface Trigger {
  name: string;
  /** All must pass; none means every event. */
  filters?: readonly Filter[];
  subscriber: Subscriber;
  delivery?: DeliverySpec;
}

export interface BrokerOptions {
  /** For triggers without a delivery of their own. Default: ten retries from 0.2 s on, as Knative ships it. */
  delivery?: DeliverySpec;
  /** Waits between retries are multiplied by this. Default 1. */
  timeScale?: number;
}

export interface Delivered {
  trigger: string;
  event: Event;
  attempts: Attempt[];
  outcome: 'delivered' | 'dead-letter' | 'lost';
}

const maxHops = 255;
const shipped: DeliverySpec = { retry: 10, backoffPolicy: 'exponential', backoffDelay: 'PT0.2S' };

export class Broker {
  /** Every event that came in, replies too. */
  readonly recorded: Event[] = [];
  readonly deliveries: Delivered[] = [];
  readonly deadLetters: Event[] = [];
  /** What a real broker would have suffered from. */
  readonly warnings: string[] = [];
  readonly #triggers: readonly Trigger[];
  readonly #options: BrokerOptions;
  readonly #stop = new AbortController();
  #inFlight = 0;

  constructor(triggers: readonly Trigger[], options: BrokerOptions = {}) {
    this.#triggers = triggers;
    this.#options = options;
  }

  get busy(): boolean {
    return this.#inFlight > 0;
  }

  /** All recorded events as JSON lines, to be replayed. */
  recording(): string {
    return this.recorded.map((event) => `${toLine(event)}\n`).join('');
  }

  /** False when some trigger gave it up without a dead letter sink: the sender would see a 500. */
  async publish(event: Event, hops = maxHops): Promise<boolean> {
    this.#inFlight++;
    try {
      const arrived: Event = { ...event, knativearrivaltime: new Date().toISOString() };
      this.recorded.push(event);
      const matching = this.#triggers.filter(({ filters = [] }) => passesAll(filters, arrived));
      const kept = await Promise.all(matching.map((trigger) => this.#deliver(arrived, trigger, hops)));
      return kept.every(Boolean);
    } finally {
      this.#inFlight--;
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#triggers.map(({ subscriber }) => subscriber.stop()));
  }

  async #deliver(event: Event, trigger: Trigger, hops: number): Promise<boolean> {
    const spec = trigger.delivery ?? this.#options.delivery ?? shipped;
    const delivered: Delivered = { trigger: trigger.name, event, attempts: [], outcome: 'lost' };
    this.deliveries.push(delivered);
    const timeoutMs = spec.timeout ? durationMs(spec.timeout) : undefined;
    for (let retries = 0; ; retries++) {
      const last = await attempt(event, trigger.subscriber, timeoutMs);
      delivered.attempts.push(last);
      if (last.warning) this.warnings.push(`${trigger.name}: ${last.warning}`);
      if (last.verdict === 'done') {
        delivered.outcome = 'delivered';
        if (last.reply) await this.#reply(last.reply, trigger, hops);
        return true;
      }
      const spent = last.verdict === 'give-up' || retries >= (spec.retry ?? 0) || this.#stop.signal.aborted;
      if (spent) return this.#giveUp(delivered, last, spec.deadLetterSink !== undefined);
      await this.#wait(backoffMs(spec, retries));
    }
  }

  async #reply(reply: Event, trigger: Trigger, hops: number): Promise<void> {
    if (hops > 0) await this.publish(reply, hops - 1);
    else this.warnings.push(`${trigger.name}: replies go round in circles; the last one was dropped`);
  }

  #giveUp(delivered: Delivered, last: Attempt, hasSink: boolean): boolean {
    if (hasSink) {
      delivered.outcome = 'dead-letter';
      this.deadLetters.push(deadLetter(delivered.event, delivered.trigger, last));
    }
    return hasSink;
  }

  async #wait(ms: number): Promise<void> {
    const scaled = ms * (this.#options.timeScale ?? 1);
    const { signal } = this.#stop;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(finish, scaled);
      signal.addEventListener('abort', finish, { once: true });
      function finish() {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      }
    });
  }
}
