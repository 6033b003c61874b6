import type { Answer } from '../shared/runtime/answer.ts';
import { failure, failureOf } from '../shared/runtime/answer.ts';
import type { Started } from '../shared/runtime/start.ts';
import { start } from '../shared/runtime/start.ts';
import { SettingsError } from '../shared/runtime/settings.ts';
import * as functions from './index.ts';

/**
 * The Knative function: what `faas-js-runtime` and `func` look for in a TypeScript template. `FUNCTION` says which of
 * Gleaner's functions this is.
 */
let started: (Started & { readonly name: string }) | undefined;

/** Reads the environment. What it throws ends the process, which is right: no event could be answered well. */
export function init(): void {
  const process_ = start(Object.values(functions), process.env);
  const name = process_.settings.function;
  if (name === undefined) throw new SettingsError('FUNCTION must name the function to serve');
  started = { ...process_, name };
}

/**
 * Answers one event. The runtime's second argument may be anything, a body or a query parameter, when the request was
 * no event; and an answer of Gleaner's own is always a whole HTTP answer, since the runtime knows events by the name of
 * their class alone, and sends anything else that it is given as a JSON body, which a broker takes for a failure.
 */
export async function handle(context: unknown, event?: unknown): Promise<Answer> {
  try {
    // The runtime takes an event from the headers of a GET as well, which a proxy may repeat or a cache answer.
    const { method = 'POST' } = (context ?? {}) as { readonly method?: unknown };
    if (method !== 'POST') return failure('methodNotAllowed', 'events are posted', { allow: 'POST' });
    if (started === undefined) init();
    const { runner, name } = started!;
    return await runner.answer(name, () => event);
  } catch (error) {
    return failureOf(error);
  }
}

/** The runtime ends the process right after this, so it waits for what is under way. */
export async function shutdown(): Promise<void> {
  await started?.runner.stop();
}

interface Reply {
  code(status: number): Reply;
  send(body: string): unknown;
}

/** Own probes, since the runtime's say 503 whenever the event loop was busy for 42 ms, as it is on a cold start. */
export const liveness = (_request: unknown, reply: Reply): unknown => reply.send('OK');

export const readiness = (_request: unknown, reply: Reply): unknown =>
  started?.runner.stopping === true ? reply.code(503).send('shutting down') : reply.send('OK');
