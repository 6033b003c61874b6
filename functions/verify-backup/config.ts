import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Minutes until the same problem is counted in its Event again. Clusters drop Events after an hour. */
  repeatMinutes: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1440)), 30),
});
export type Config = z.infer<typeof Config>;
