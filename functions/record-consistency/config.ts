import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** A VM that stopped less than so long before the snapshot may have data that has not reached its disks. */
  justStoppedSeconds: z._default(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(3600)), 60),
});
export type Config = z.infer<typeof Config>;
