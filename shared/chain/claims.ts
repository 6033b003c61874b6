import type { Claim } from '../objects/types.ts';

/** Still waiting for its volume: what a restore that hangs looks like. */
export const isPending = (claim: Claim): boolean =>
  (claim.status?.phase ?? 'Pending') === 'Pending' && !claim.spec.volumeName;
