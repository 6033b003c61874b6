import * as z from 'zod/mini';
import { DRILL_NAMESPACE } from '../../shared/domain/names.ts';

const whole = (least: number, most: number, otherwise: number) =>
  z._default(z.coerce.number().check(z.int(), z.gte(least), z.lte(most)), otherwise);

export const Config = z.strictObject({
  /** `on`: drill what is due. `clean`: begin nothing, and remove what drills have made. */
  drills: z._default(z.enum(['off', 'on', 'clean']), 'off'),
  /** Where volumes are restored to. Nothing else should live there. */
  namespace: z._default(z.string().check(z.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)), DRILL_NAMESPACE),
  /** Whether it is created where it is missing, which takes a right that the function itself does not have. */
  makeNamespace: z._default(z.enum(['no', 'yes']), 'no'),
  /** Only VMBackups of these namespaces, with commas between; all, when empty. */
  of: z._default(z.string(), ''),
  /** Only VMBackups with these labels, as kubectl’s -l has them. */
  selector: z._default(z.string(), ''),
  /** How long a proof is good for. */
  everyDays: whole(1, 3650, 30),
  /** How soon after a failure it is tried again. */
  retryHours: whole(1, 8760, 24),
  /** How many VMBackups are drilled at the same time. */
  atOnce: whole(1, 10, 1),
  /** The volumes of a VMBackup together. */
  maxSizeGib: whole(1, 1_048_576, 500),
  /** How long a drill may last before it counts as failed. */
  timeoutMinutes: whole(1, 10_080, 240),
  /** Whether a pod reads the first and last blocks of each restored volume. */
  read: z._default(z.enum(['off', 'on']), 'off'),
  /** What that pod runs: an image with a shell, dd, stat, and blockdev for volumes that are Block. */
  readImage: z._default(z.string().check(z.minLength(1)), 'docker.io/library/busybox:1.37'),
  /** A result from before this time does not count, e.g. since Longhorn was upgraded then. */
  after: z.optional(z.iso.datetime({ offset: true })),
});
export type Config = z.infer<typeof Config>;
