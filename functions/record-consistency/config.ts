import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Seconds after a stop within which the last writes of a VM may not have reached its disks yet. */
  justStoppedSeconds: z._default(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(3600)), 60),
});
export type Config = z.infer<typeof Config>;
