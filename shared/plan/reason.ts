import type { ReasonInfo } from './verdict.ts';
import { auditReasons } from './reasons/audit.ts';
import { consistencyReasons } from './reasons/consistency.ts';
import { drillReasons } from './reasons/drills.ts';
import { capabilityReasons } from './reasons/capability.ts';
import { handleReasons } from './reasons/handles.ts';
import { imageReasons } from './reasons/images.ts';
import { probeReasons } from './reasons/probes.ts';
import { rebuildingReasons } from './reasons/rebuilding.ts';
import { restoreReasons } from './reasons/restores.ts';
import { targetReasons } from './reasons/target.ts';
import { tieReasons } from './reasons/ownership.ts';

/**
 * Every reason a finding can have, one file per topic in reasons/. They are log fields, metric labels and part of
 * events: renaming one is a breaking change. The table in docs/reasons.md is generated from this.
 */
export const reasons = {
  ...handleReasons,
  ...rebuildingReasons,
  ...targetReasons,
  ...imageReasons,
  ...auditReasons,
  ...restoreReasons,
  ...consistencyReasons,
  ...tieReasons,
  ...drillReasons,
  ...probeReasons,
  ...capabilityReasons,
} as const satisfies Record<string, ReasonInfo>;

export type Reason = keyof typeof reasons;
