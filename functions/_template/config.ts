import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Whether to record the finding as an Event on the content, too. With `off` it is only in the reply and the log. */
  event: z._default(z.enum(['on', 'off']), 'on'),
});
export type Config = z.infer<typeof Config>;
