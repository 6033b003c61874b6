import * as z from 'zod/mini';

export const Config = z.strictObject({
  /**
   * A restore older than this is no news: what it met by then is reported by verify-backup. Longer than from one sweep to the
   * next, which finds the restores whose events were lost.
   */
  youngMinutes: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1440)), 30),
});
export type Config = z.infer<typeof Config>;
