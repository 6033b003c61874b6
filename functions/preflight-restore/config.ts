import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** A restore older than this is no news: what it met by then is told by verify-backup. */
  youngMinutes: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1440)), 10),
});
export type Config = z.infer<typeof Config>;
