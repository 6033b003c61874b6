import { z } from 'zod';

export const Config = z.strictObject({
  /** How long after one scan the next may be started. */
  cooldownSeconds: z.coerce.number().int().min(0).max(86_400).default(30),
});
export type Config = z.infer<typeof Config>;
