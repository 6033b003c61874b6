import * as make from '../../../sandbox/scenarios/build.ts';
import type { Scenario } from '../../../sandbox/scenarios/index.ts';

/** What the function is about, as objects. The plan's table and the sandbox start from the same. */

export const driver = 'lvm.driver.harvesterhci.io';

/** Stays unready for as long as its class does not exist. */
export const waiting = (className = 'removed') =>
  make.content({ snapshot: 'web', handle: 'lvm-snapshot-1', driver, className }, (content) => {
    delete content['status'];
  });

/** A world in which the function has something to do. */
export const scenario: Scenario = {
  name: 'class-removed',
  describe: 'A content names a VolumeSnapshotClass that does not exist.',
  harvester: '1.6',
  longhorn: '1.9',
  objects: () => [waiting()],
};
