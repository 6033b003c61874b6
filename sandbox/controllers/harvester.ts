/** Harvester as a whole: its controllers in one version, which can be changed while everything stays where it is. */
import type { ApiClient } from '../api/types.ts';
import type { BackupStore } from './backup-store.ts';
import { startBackupController } from './harvester-backup.ts';
import { type HarvesterContext, startTargetController } from './harvester-metadata.ts';
import { type HarvesterVersion, hashAnnotation } from './harvester-names.ts';
import { startRestoreController } from './harvester-restore.ts';
import * as kinds from './kinds.ts';
import type { Controller, ControllerOptions } from './loop.ts';

export interface HarvesterOptions extends ControllerOptions {
  version: HarvesterVersion;
  store: BackupStore;
}

export interface Harvester extends Controller {
  readonly version: HarvesterVersion;
  /** In place: the old processes end, the new ones look at everything that is there. */
  upgrade(version: HarvesterVersion): Promise<void>;
  /** Has the target scanned again, as removing the hash from the Setting does. */
  recoverFromTarget(): Promise<void>;
}

export function startHarvester(client: ApiClient, options: HarvesterOptions): Harvester {
  let context: HarvesterContext = { client, store: options.store, version: options.version };
  let running = start();

  return {
    get version() {
      return context.version;
    },
    async upgrade(version) {
      await stop();
      context = { ...context, version };
      await client.mergePatch(kinds.Setting, 'server-version', undefined, { value: `v${version}` });
      running = start();
    },
    async recoverFromTarget() {
      const annotations = { [hashAnnotation]: null };
      await client.mergePatch(kinds.Setting, 'backup-target', undefined, { metadata: { annotations } });
    },
    stop,
  };

  function start(): Controller[] {
    return [
      startBackupController(context, options),
      startRestoreController(context, options),
      startTargetController(context, options),
    ];
  }

  async function stop(): Promise<void> {
    await Promise.all(running.map((controller) => controller.stop()));
  }
}
