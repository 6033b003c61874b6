import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** What a rebuilt pair becomes once it is in use: on `delete` as Harvester makes it, or it stays on `retain`. */
  rebuilt: z._default(z.enum(['delete', 'retain']), 'delete'),
});
export type Config = z.infer<typeof Config>;
