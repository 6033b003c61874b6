import { z } from 'zod';

export const Config = z.strictObject({
  /** What becomes of a pair the VMBackup no longer uses: `delete`, or `keep` it on Retain. */
  retire: z.enum(['delete', 'keep']).default('delete'),
});
export type Config = z.infer<typeof Config>;
