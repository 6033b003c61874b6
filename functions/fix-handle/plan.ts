import type { Finding, Plan } from '../../shared/plan/plan.ts';
import { backupMissing } from './backup-missing.ts';
import type { Config } from './config.ts';
import { contentMissing } from './content-missing.ts';
import { gone, notOurs } from './findings.ts';
import { handleRight } from './handle-right.ts';
import { handleWrong } from './handle-wrong.ts';
import type { Seen } from './observe.ts';

/**
 * Decides what to do about the handle of one content. Pure. Only touches pre-provisioned contents of Longhorn's driver,
 * and never plans a deletion without setting Retain first.
 */
export function plan(seen: Seen, config: Config): Plan {
  return { findings: [decide(seen, config)].flat() };
}

/** The file named after each case holds its checks, in order. */
function decide(seen: Seen, config: Config): Finding | Finding[] {
  switch (seen.is) {
    case 'gone':
      return gone(seen);
    case 'not-ours':
      return notOurs(seen);
    case 'content-missing':
      return contentMissing(seen);
    case 'backup-missing':
      return backupMissing(seen);
    case 'handle-right':
      return handleRight(seen);
    case 'handle-wrong':
      return handleWrong(seen, config);
  }
}
