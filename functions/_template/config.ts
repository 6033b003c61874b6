import * as z from 'zod/mini';

export const Config = z.strictObject({
  /** Whether the finding also becomes an Event on the content; `off` leaves it to the reply and the log. */
  event: z._default(z.enum(['on', 'off']), 'on'),
});
export type Config = z.infer<typeof Config>;
