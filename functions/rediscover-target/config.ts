import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Minimum seconds between two scans. */
  cooldownSeconds: z._default(z.coerce.number().check(z.int(), z.gte(0), z.lte(86_400)), 30),
  /**
   * If not 0: sets this refreshIntervalInSeconds on the target instead of one scan, so that Harvester keeps scanning.
   */
  intervalSeconds: z._default(z.coerce.number().check(z.int(), z.gte(0), z.lte(31_536_000)), 0),
});
export type Config = z.infer<typeof Config>;
