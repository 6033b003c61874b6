/** A named world, described in one sentence. */
import type { KubeObject } from '../api/types.ts';
import type { HarvesterVersion } from '../controllers/harvester-names.ts';
import type { LonghornVersion } from '../controllers/longhorn-objects.ts';
import type { Sandbox } from '../index.ts';

export interface Versions {
  harvester: HarvesterVersion;
  longhorn: LonghornVersion;
}

export interface Scenario extends Versions {
  name: string;
  /** One sentence for people. */
  describe: string;
  /** What is there before the controllers start. */
  objects(versions: Versions): KubeObject[];
  /** Files on the target, by path. */
  metadata?(versions: Versions): Iterable<[path: string, text: string]>;
  /** Data on the target that Longhorn has no objects for yet. */
  stored?(versions: Versions): Iterable<{ volume: string; backup: string }>;
  /** What then happens, with the controllers running; the sandbox is settled before and after it. */
  after?(sandbox: Sandbox): Promise<void>;
}
