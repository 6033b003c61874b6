/** What an object went through: every version of it that a watch shows, so that states of a moment are seen as well. */
import { request } from 'node:https';
import type { Client, KubeObject, Reference } from '../client.ts';
import { accessOf } from '../control-plane.ts';
import type { BedState } from '../state.ts';

export interface History<T> {
  /** What was told of each version, oldest first; equal neighbours count once. */
  readonly states: readonly T[];
  close(): void;
}

/** Begins with the object as it is now. */
export async function historyOf<T>(
  bed: BedState,
  client: Client,
  ref: Reference,
  told: (object: KubeObject) => T,
): Promise<History<T>> {
  const { server, token, ca } = await accessOf(bed);
  const path = (await client.path(ref)).replace(/\/[^/]+$/, '');
  const query = `watch=1&fieldSelector=metadata.name=${ref.name}`;
  const states: T[] = [];
  const sent = request(new URL(`${path}?${query}`, server), {
    headers: { authorization: `Bearer ${token}` },
    ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
  });
  let rest = '';
  await new Promise<void>((began, fail) => {
    sent.on('error', fail); // after the beginning nobody listens: the end of the bed ends the watch
    sent.on('response', (response) => {
      began();
      response.on('error', () => {});
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const state = told((JSON.parse(line) as { object: KubeObject }).object);
          if (JSON.stringify(state) !== JSON.stringify(states.at(-1))) states.push(state);
        }
      });
    });
    sent.end();
  });
  return { states, close: () => void sent.destroy() };
}
