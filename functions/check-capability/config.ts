import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Whether to write the answers to each StorageClass as annotations. `off` removes them again. */
  annotate: z._default(z.enum(['on', 'off']), 'on'),
});
export type Config = z.infer<typeof Config>;
