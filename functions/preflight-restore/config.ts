import * as z from 'zod/mini';

export const Config = z.strictObject({
  /**
   * Minutes for which a restore gets a verdict; verify-backup reports on older ones. Must exceed the interval of
   * sweeps, which find the restores whose events were lost.
   */
  youngMinutes: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1440)), 30),
});
export type Config = z.infer<typeof Config>;
