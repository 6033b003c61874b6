import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** How long an Event stands before the same trouble is counted in it once more; clusters drop Events after an hour. */
  repeatMinutes: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1440)), 30),
});
export type Config = z.infer<typeof Config>;
