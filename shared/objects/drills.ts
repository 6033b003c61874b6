import * as z from 'zod/mini';

/** What is known of the drills of one VMBackup: an entry of the record, under the VMBackup's uid. */
function schemaOfEntry() {
  const text = z.string();
  return z.object({
    /** `<namespace>/<name>` */
    vmBackup: text,
    /** The last drill that went well. */
    proved: z.optional(
      z.object({ at: text, tookSeconds: z.number(), bytes: z.number(), volumes: z.number(), read: z.boolean() }),
    ),
    /** The last one that did not. */
    failed: z.optional(z.object({ at: text, message: text })),
    /** The one that is under way; it ends when nothing of it is left. */
    run: z.optional(
      z.object({
        startedAt: text,
        until: text,
        /** Once the result stands, with the Longhorn volumes that are yet to go. */
        decided: z.optional(
          z.object({ at: text, result: z.enum(['proved', 'failed', 'abandoned']), volumes: z.array(text) }),
        ),
      }),
    ),
  });
}
let schema: ReturnType<typeof schemaOfEntry> | undefined;

export type DrillEntry = z.infer<ReturnType<typeof schemaOfEntry>>;
export type DrillRun = NonNullable<DrillEntry['run']>;

/** By uid. An entry that cannot be read counts as none: what its drill left is then found by its label and removed. */
export function drillsIn(data: unknown): Readonly<Record<string, DrillEntry>> {
  if (typeof data !== 'object' || data === null) return {};
  // Not before it is needed: most processes never see a drill.
  const entry = (schema ??= schemaOfEntry());
  return Object.fromEntries(
    Object.entries(data).flatMap(([uid, value]): [string, DrillEntry][] => {
      const parsed = entry.safeParse(parse(value));
      return parsed.success ? [[uid, parsed.data]] : [];
    }),
  );
}

function parse(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : undefined;
  } catch {
    return undefined;
  }
}
