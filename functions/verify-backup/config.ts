import { z } from 'zod';

export const Config = z.strictObject({
  /** How long an Event stands before the same trouble is counted in it once more; clusters drop Events after an hour. */
  repeatMinutes: z.coerce.number().int().min(1).max(1440).default(30),
});
export type Config = z.infer<typeof Config>;
