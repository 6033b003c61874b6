import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** How long after one scan the next may be started. */
  cooldownSeconds: z._default(z.coerce.number().check(z.int(), z.gte(0), z.lte(86_400)), 30),
  /** Given: instead of one scan, the target is given this refreshIntervalInSeconds, and Harvester scans it from then on. */
  intervalSeconds: z._default(z.coerce.number().check(z.int(), z.gte(0), z.lte(31_536_000)), 0),
});
export type Config = z.infer<typeof Config>;
