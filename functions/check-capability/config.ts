import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Whether the answers stand on each StorageClass as annotations; `off` takes them away again. */
  annotate: z._default(z.enum(['on', 'off']), 'on'),
});
export type Config = z.infer<typeof Config>;
