import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Deletion policy of a rebuilt pair once it is in use: `delete` (default), as Harvester creates it, or `retain`. */
  rebuilt: z._default(z.enum(['delete', 'retain']), 'delete'),
});
export type Config = z.infer<typeof Config>;
