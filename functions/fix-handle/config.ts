import * as z from 'zod/mini';

export const Config = z.strictObject({
  /**
   * `auto`: the right pair is created beside the wrong one where the VMBackup can be relinked, else the content is
   * swapped. `create` and `swap` allow only that one; what it cannot repair is reported.
   */
  procedure: z._default(z.enum(['auto', 'create', 'swap']), 'auto'),
});
export type Config = z.infer<typeof Config>;
