import { parseJson } from '../../shared/domain/json.ts';
import * as z from 'zod/mini';
import type { ConsistencyLevel } from '../../shared/chain/consistency.ts';
import * as names from '../../shared/domain/names.ts';
import type { Content, VMBackup } from '../../shared/objects/types.ts';
import type { Facts } from './facts.ts';

/**
 * The record: an annotation on each content of a VMBackup taken on this cluster, with the same text on all, so that one
 * content is enough to keep it. It starts with the level, for people and for lists (shared/chain/consistency.ts).
 */
const time = z.pipe(
  z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)),
  z.transform((text) => Date.parse(text)),
);
const Note = z.strictObject({
  is: z.string(),
  backup: z.string(),
  freeze: z.optional(z.boolean()),
  freezeSeconds: z.optional(z.number().check(z.minimum(0))),
  machine: z.optional(z.union([z.literal('running'), z.strictObject({ stopped: time })])),
  thawed: z.optional(z.literal(true)),
  volumes: z.record(z.string(), z.strictObject({ snapshot: z.string(), asked: time, taken: time })),
});

/** The facts in the note of a content; undefined without a valid note about this VMBackup. */
export function readNote(content: Content, { metadata }: VMBackup): Facts | undefined {
  const text = content.metadata.annotations?.[names.CONSISTENCY_ANNOTATION];
  const parsed = text === undefined ? undefined : Note.safeParse(parseJson(text));
  if (parsed?.success !== true || parsed.data.backup !== metadata.uid) return undefined;
  const { freeze, freezeSeconds, machine, thawed, volumes } = parsed.data;
  const taken = Object.entries(volumes).map(
    ([name, { snapshot, asked, taken: at }]) => [name, { snapshot, askedMs: asked, takenMs: at }] as const,
  );
  if (taken.length === 0 || taken.some(([, { askedMs, takenMs }]) => Number.isNaN(askedMs + takenMs))) return undefined;
  return {
    backup: metadata.uid,
    volumes: Object.fromEntries(taken),
    ...(freeze !== undefined && { freeze }),
    ...(freezeSeconds !== undefined && { freezeSeconds }),
    ...(machine !== undefined && { machine: machine === 'running' ? machine : { stoppedMs: machine.stopped } }),
    ...(thawed && { thawed }),
  };
}

/** The text of a note. Equal facts give equal text. */
export function writeNote(
  is: ConsistencyLevel,
  { backup, volumes, freeze, freezeSeconds, machine, thawed }: Facts,
): string {
  const sorted = Object.entries(volumes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    is,
    backup,
    freeze,
    freezeSeconds,
    machine: typeof machine === 'object' ? { stopped: iso(machine.stoppedMs) } : machine,
    thawed,
    volumes: Object.fromEntries(
      sorted.map(([name, { snapshot, askedMs, takenMs }]) => [
        name,
        { snapshot, asked: iso(askedMs), taken: iso(takenMs) },
      ]),
    ),
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();
