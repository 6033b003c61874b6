import * as z from 'zod/mini';

export const Config = z.strictObject({
  /**
   * `auto`: creates the right pair beside the wrong one if the VMBackup can be relinked, else swaps the content.
   * `create` and `swap` allow only that procedure; what it cannot repair is reported.
   */
  procedure: z._default(z.enum(['auto', 'create', 'swap']), 'auto'),
});
export type Config = z.infer<typeof Config>;
