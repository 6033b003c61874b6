import * as z from 'zod/mini';

/** The drill record's entry of one VMBackup, under its uid. */
function schemaOfEntry() {
  const text = z.string();
  return z.object({
    /** `<namespace>/<name>` */
    vmBackup: text,
    /** The last successful drill. */
    proved: z.optional(
      z.object({ at: text, tookSeconds: z.number(), bytes: z.number(), volumes: z.number(), read: z.boolean() }),
    ),
    /** The last failed drill. */
    failed: z.optional(z.object({ at: text, message: text })),
    /** The running drill; removed when all its objects are gone. */
    run: z.optional(
      z.object({
        startedAt: text,
        until: text,
        /** Set once the result is known: the Longhorn volumes that must still be deleted. */
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

/**
 * The entries by uid. Unreadable entries are omitted: the objects of their drills are then found by label and removed.
 */
export function drillsIn(data: unknown): Readonly<Record<string, DrillEntry>> {
  if (typeof data !== 'object' || data === null) return {};
  // Built on first use: most processes never see a drill.
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
