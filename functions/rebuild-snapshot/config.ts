import { z } from 'zod';

export const Config = z.strictObject({
  /** What a rebuilt pair becomes once it is in use: on `delete` as Harvester makes it, or it stays on `retain`. */
  rebuilt: z.enum(['delete', 'retain']).default('delete'),
});
export type Config = z.infer<typeof Config>;
