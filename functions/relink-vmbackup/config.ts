import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** What becomes of a pair the VMBackup no longer uses: `delete`, or `keep` it on Retain. */
  retire: z._default(z.enum(['delete', 'keep']), 'delete'),
});
export type Config = z.infer<typeof Config>;
