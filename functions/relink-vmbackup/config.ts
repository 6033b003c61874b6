import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** What to do with a pair that the VMBackup no longer uses: `delete` it (default), or `keep` it on Retain. */
  retire: z._default(z.enum(['delete', 'keep']), 'delete'),
});
export type Config = z.infer<typeof Config>;
