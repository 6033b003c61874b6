import * as z from 'zod/mini';
import { DRILL_NAMESPACE } from '../../shared/domain/names.ts';

const whole = (least: number, most: number, otherwise: number) =>
  z._default(z.coerce.number().check(z.int(), z.gte(least), z.lte(most)), otherwise);

export const Config = z.strictObject({
  /** `on`: run the drills that are due. `clean`: start none, and remove the objects of all drills. Default `off`. */
  drills: z._default(z.enum(['off', 'on', 'clean']), 'off'),
  /** Namespace to restore volumes into. Use it for nothing else. */
  namespace: z._default(z.string().check(z.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)), DRILL_NAMESPACE),
  /** Whether to create the namespace if it is missing. The rights of the function do not include that. Default `no`. */
  makeNamespace: z._default(z.enum(['no', 'yes']), 'no'),
  /** Only VMBackups in these namespaces, separated by commas. Default: all. */
  of: z._default(z.string(), ''),
  /** Only VMBackups that match this label selector (syntax of kubectl -l). Default: all. */
  selector: z._default(z.string(), ''),
  /** How long a proof is valid, in days. */
  everyDays: whole(1, 3650, 30),
  /** Hours until a failed drill is repeated. */
  retryHours: whole(1, 8760, 24),
  /** How many drills may run at the same time. */
  atOnce: whole(1, 10, 1),
  /** Limit on the total size of the volumes of a VMBackup, in GiB. */
  maxSizeGib: whole(1, 1_048_576, 500),
  /** Minutes after which a drill counts as failed. */
  timeoutMinutes: whole(1, 10_080, 240),
  /** Whether a pod reads the first and last blocks of each restored volume. */
  read: z._default(z.enum(['off', 'on']), 'off'),
  /** Image of that pod. Needs a shell, dd and stat, and blockdev for Block volumes. */
  readImage: z._default(z.string().check(z.minLength(1)), 'docker.io/library/busybox:1.37'),
  /** Results before this time do not count, e.g. from before an upgrade of Longhorn. */
  after: z.optional(z.iso.datetime({ offset: true })),
});
export type Config = z.infer<typeof Config>;
