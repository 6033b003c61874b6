import { cutToBytes } from '../../shared/domain/cut.ts';
import { fromHttp, NotAnEventError } from '../../shared/events/http.ts';
import type { AnyFunction } from '../../shared/function.ts';
import type { Applier } from '../../shared/kube/apply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { describeAction } from '../../shared/plan/action.ts';
import { EventRefused, failure } from '../../shared/runtime/answer.ts';
import type { Cluster } from '../../shared/runtime/cluster.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { createRunner } from '../../shared/runtime/runner.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import type { DryRun } from '../dry-run.ts';
import { checkOnly } from '../dry-run.ts';

/** One receiver's response to one event. */
export interface Answered {
  /** The function's name, or the address. */
  readonly by: string;
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** Type of the reply event. */
  readonly replied?: string;
  /** Data of the reply event. */
  readonly reply?: unknown;
  readonly error?: string;
  /** The writes before a failure, one sentence each. Known only for functions in this process. */
  readonly wrote?: readonly string[];
}

type Event = Readonly<Record<string, unknown>>;

export interface Receiver {
  receive(event: Event): Promise<readonly Answered[]>;
}

export interface InProcess {
  readonly functions: readonly AnyFunction[];
  readonly configOf: (fn: AnyFunction) => unknown;
  readonly dryRun: DryRun;
  readonly client: () => Promise<KubeClient>;
  readonly log: Log;
}

/** Passes each event to each function as its server would. Connects to the cluster only if a function needs it. */
export function inProcess({ functions, configOf, dryRun, client, log }: InProcess): Receiver {
  /** Writes during the current event; events are processed one at a time. */
  let wrote: string[] = [];
  const noting = (applier: Applier): Applier => ({
    async *apply(actions) {
      for await (const done of applier.apply(actions)) {
        if (done.result === 'done') wrote.push(describeAction(done.action));
        yield done;
      }
    },
  });
  const cluster: Cluster = {
    async session(fn) {
      const { reader, writer } = await client();
      const config = configOf(fn);
      if (dryRun === 'client') return { reader, config };
      const { createApplier } = await import('../../shared/kube/apply.ts');
      const applier = createApplier(reader, writer);
      return { reader, applier: dryRun === 'server' ? checkOnly(applier, () => undefined) : noting(applier), config };
    },
    close: () => Promise.resolve(),
  };
  const runner = createRunner({
    functions,
    settings: { concurrency: 1 },
    cluster,
    sweep: (fn, { reader, applier, config }) =>
      sweep({ functions: [fn], reader, ...(applier && { applier }), configOf: () => config }),
    log,
  });
  return {
    async receive(event) {
      const answers: Answered[] = [];
      for (const { name } of functions) {
        wrote = [];
        const { statusCode, headers, body } = await runner.answer(name, () => arriving(event));
        const answered = toAnswered(name, statusCode, headers, body);
        // Any other response lists its writes itself.
        answers.push(isFailure(answered) && wrote.length > 0 ? { ...answered, wrote } : answered);
      }
      return answers;
    },
  };
}

function arriving(event: Event): unknown {
  try {
    return fromHttp({ 'content-type': 'application/cloudevents+json' }, JSON.stringify(event));
  } catch (error) {
    throw error instanceof NotAnEventError ? new EventRefused(failure('malformed', error.message)) : error;
  }
}

const TIMEOUT_MS = 60_000;

/** Posts each event in binary mode, as a broker does. */
export function atUrl(url: string): Receiver {
  return {
    async receive(event) {
      const { CloudEvent, HTTP } = await import('cloudevents');
      try {
        // Not strict: the receiver decides whether the event is valid.
        const { headers, body } = HTTP.binary(new CloudEvent({ ...event }, false));
        const response = await fetch(url, {
          method: 'POST',
          headers: headers as Record<string, string>,
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const text = await response.text();
        return [toAnswered(url, response.status, Object.fromEntries(response.headers), text)];
      } catch (error) {
        return [{ by: url, status: 0, error: `no response (${causeOf(error)})` }];
      }
    },
  };
}

function causeOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}

/** In bytes. */
const LONGEST_ERROR = 300;

function toAnswered(by: string, status: number, headers: Readonly<Record<string, string>>, body: string): Answered {
  if (status < 200 || status > 299) return { by, status, error: cutToBytes(body, LONGEST_ERROR) };
  const replied = headers['ce-type'];
  if (replied === undefined) return { by, status };
  try {
    return { by, status, replied, reply: JSON.parse(body) as unknown };
  } catch {
    return { by, status, replied };
  }
}

export const isFailure = ({ status }: Answered): boolean => status < 200 || status > 299;
