import type { Answer } from '../shared/runtime/answer.ts';
import { failure, failureOf } from '../shared/runtime/answer.ts';
import type { Started } from '../shared/runtime/start.ts';
import { start } from '../shared/runtime/start.ts';
import { SettingsError } from '../shared/runtime/settings.ts';
import * as functions from './index.ts';

/**
 * The Knative function, with the exports that `faas-js-runtime` and `func` expect of a TypeScript template. The
 * environment variable `FUNCTION` selects one of Gleaner's functions.
 */
let started: (Started & { readonly name: string }) | undefined;

/** Reads the environment. @throws on an invalid one, which ends the process: it could not answer any event. */
export function init(): void {
  const process_ = start(Object.values(functions), process.env);
  const name = process_.settings.function;
  if (name === undefined) throw new SettingsError('FUNCTION must name the function to serve');
  started = { ...process_, name };
}

/**
 * Answers one event. If the request was not an event, the second argument may be a body or a query parameter. Always
 * returns a complete HTTP response: the runtime recognises events only by the name of their class, and sends any other
 * value as a JSON body, which a broker treats as a failure.
 */
export async function handle(context: unknown, event?: unknown): Promise<Answer> {
  try {
    // The runtime also accepts an event in a GET, which a proxy may repeat or a cache may answer.
    const { method = 'POST' } = (context ?? {}) as { readonly method?: unknown };
    if (method !== 'POST') return failure('methodNotAllowed', 'events are posted', { allow: 'POST' });
    if (started === undefined) init();
    const { runner, name } = started!;
    return await runner.answer(name, () => event);
  } catch (error) {
    return failureOf(error);
  }
}

/** Waits for running events: the runtime ends the process right after this. */
export async function shutdown(): Promise<void> {
  await started?.runner.stop();
}

interface Reply {
  code(status: number): Reply;
  send(body: string): unknown;
}

/** Replaces the probes of the runtime, which answer 503 if the event loop was busy for 42 ms, as on a cold start. */
export const liveness = (_request: unknown, reply: Reply): unknown => reply.send('OK');

export const readiness = (_request: unknown, reply: Reply): unknown =>
  started?.runner.stopping === true ? reply.code(503).send('shutting down') : reply.send('OK');
