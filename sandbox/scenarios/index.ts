/** The list of scenarios, one line each. */
import * as consistency from './consistency.ts';
import * as handles from './handles.ts';
import { large } from './large.ts';
import * as losses from './losses.ts';
import * as orphans from './orphans.ts';
import * as restores from './restores.ts';
import type { Scenario } from './scenario.ts';
import { mixedStorage } from './storage.ts';
import * as targets from './targets.ts';
import * as trouble from './trouble.ts';

export type { Scenario } from './scenario.ts';
export { large } from './large.ts';

const empty: Scenario = {
  name: 'empty',
  describe: 'A cluster without any backup.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: () => [],
};

export const scenarios: readonly Scenario[] = [
  empty,
  handles.wrongHandle,
  handles.mixedVolumes,
  handles.severalVms,
  handles.longhorn17,
  handles.longhorn18,
  handles.revisedTwice,
  handles.staleUid,
  handles.unownedSnapshot,
  handles.healthy,
  restores.recovered,
  restores.restoreHanging,
  restores.sameNamespaceRestoreHanging,
  restores.upgradeInPlace,
  losses.lostSnapshot,
  losses.lostSnapshotOnRetain,
  losses.lostContent,
  losses.lostPair,
  losses.lostPairRestore,
  losses.lostTakenContent,
  losses.contentReplaced,
  losses.lostForGood,
  targets.targetReconnected,
  targets.newCluster,
  targets.strangersOnTarget,
  trouble.scheduledNotFinal,
  trouble.notOurs,
  trouble.broken,
  orphans.orphans,
  orphans.brokenLinks,
  orphans.blockers,
  consistency.consistent,
  consistency.agentLess,
  consistency.vmOff,
  consistency.justStopped,
  consistency.freezeFailed,
  mixedStorage,
  large(100),
];

/** By name; `large-N` makes one of N backups. */
export function findScenario(name: string): Scenario {
  const count = /^large-(\d+)$/.exec(name)?.[1];
  const found = count ? large(Number(count)) : scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new Error(`no scenario "${name}"; there are: ${scenarios.map((scenario) => scenario.name).join(', ')}`);
}
