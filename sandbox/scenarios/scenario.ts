/** A named world, described in one sentence, and the running sandbox that it is played in. */
import type { ApiClient, ApiServer, KubeObject } from '../api/types.ts';
import type { BackupStore } from '../controllers/backup-store.ts';
import type { HarvesterVersion } from '../controllers/harvester-names.ts';
import type { Harvester } from '../controllers/harvester.ts';
import type { PodsEnd } from '../controllers/kubelet.ts';
import type { LonghornVersion } from '../controllers/longhorn-objects.ts';
import type { Longhorn } from '../controllers/longhorn.ts';
import type { OtherCsi } from '../controllers/other-csi.ts';

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

/** A running sandbox. */
export interface Sandbox {
  readonly api: ApiServer;
  /** The in-process door, for looking and for playing the user. */
  readonly client: ApiClient;
  readonly store: BackupStore;
  readonly harvester: Harvester;
  readonly longhorn: Longhorn;
  /** Storage of another driver, which a StorageClass of `lvm.driver.harvesterhci.io` stands for. */
  readonly otherStorage: OtherCsi;
  readonly scenario: Scenario;
  /** Objects as they are, status included; the data of finished Longhorn Backups is then on the target. */
  seed: (objects: readonly KubeObject[]) => void;
  /** What becomes of pods that read a volume. */
  setPodsEnd: (end: PodsEnd) => void;
  /** Until the controllers have nothing more to do. What hangs for ever counts as settled. */
  settle: (timeoutMs?: number) => Promise<void>;
  stop: () => Promise<void>;
}
