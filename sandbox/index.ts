/**
 * A small cluster in one process: the API server, the controllers that play the other programs, and a named world to
 * begin with. The truth about the backups is in `store`.
 */
import { createApiServer } from './api/server.ts';
import type { ApiServerOptions, KubeObject } from './api/types.ts';
import { BackupStore } from './controllers/backup-store.ts';
import { startCsiSnapshotter } from './controllers/csi-snapshotter.ts';
import type { HarvesterVersion } from './controllers/harvester-names.ts';
import { startHarvester } from './controllers/harvester.ts';
import { otherCsi, otherDriver } from './controllers/other-csi.ts';
import { type PodsEnd, startKubelet } from './controllers/kubelet.ts';
import { longhornDriver } from './controllers/kinds.ts';
import type { LonghornVersion } from './controllers/longhorn-objects.ts';
import { startLonghorn } from './controllers/longhorn.ts';
import { startKubeVirt } from './controllers/kubevirt.ts';
import { Activity, type ControllerOptions } from './controllers/loop.ts';
import { startProvisioner } from './controllers/provisioner.ts';
import { startSnapshotController } from './controllers/snapshot-controller.ts';
import { baseWorld } from './scenarios/base.ts';
import { setting } from './scenarios/build.ts';
import { type Scenario, findScenario } from './scenarios/index.ts';
import type { Sandbox } from './scenarios/scenario.ts';

export type { Sandbox } from './scenarios/scenario.ts';
export { scenarios } from './scenarios/index.ts';
export { baseWorld };

export interface SandboxOptions extends Omit<ControllerOptions, 'activity'>, ApiServerOptions {
  /** A scenario by name or of one's own; default `empty`. */
  scenario?: string | Scenario;
  /** Default: what the scenario is about. */
  harvester?: HarvesterVersion;
  longhorn?: LonghornVersion;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { scenario: wanted = 'empty' } = options;
  const scenario = typeof wanted === 'string' ? findScenario(wanted) : wanted;
  const versions = {
    harvester: options.harvester ?? scenario.harvester,
    longhorn: options.longhorn ?? scenario.longhorn,
  };
  const api = await createApiServer(options);
  const activity = new Activity();
  const store = new BackupStore();
  const common = { ...options, activity };

  const seed = (objects: readonly KubeObject[]) => {
    for (const { kind, metadata, status } of objects)
      if (kind === 'Backup' && status?.state === 'Completed') store.put(status.volumeName, metadata.name);
    api.seed(objects);
  };
  seed([...baseWorld(), ...serverVersion(versions.harvester), ...scenario.objects(versions)]);
  for (const [path, text] of scenario.metadata?.(versions) ?? []) store.metadata.set(path, text);

  for (const { volume, backup } of scenario.stored?.(versions) ?? []) store.put(volume, backup);

  const longhorn = await startLonghorn(api.client('longhorn'), {
    ...common,
    version: versions.longhorn,
    store,
    whoDeleted: (kind, name) =>
      api.requests().findLast((request) => request.verb === 'delete' && request.kind === kind && request.name === name)
        ?.user,
  });
  let podsEnd: PodsEnd = 'succeed';
  const otherStorage = otherCsi();
  const drivers = { [longhornDriver]: longhorn.csi, [otherDriver]: otherStorage.driver };
  const snapshotted = {
    [longhornDriver]: longhorn.csi,
    get [otherDriver]() {
      return otherStorage.can.snapshots === 'absent' ? undefined : otherStorage.driver;
    },
  };
  const controllers = [
    startSnapshotController(api.client('snapshot-controller'), common),
    startCsiSnapshotter(api.client('csi-snapshotter'), { ...common, drivers: snapshotted }),
    startKubeVirt(api.client('kubevirt'), common),
    startKubelet(api.client('kubelet'), { ...common, podsEnd: () => podsEnd }),
    startProvisioner(api.client('csi-provisioner'), { ...common, drivers }),
  ];
  const harvester = startHarvester(api.client('harvester'), { ...common, version: versions.harvester, store });

  const sandbox: Sandbox = {
    api,
    client: api.client('sandbox'),
    store,
    harvester,
    longhorn,
    otherStorage,
    scenario,
    seed,
    setPodsEnd(next) {
      podsEnd = next;
    },
    settle: (timeoutMs) => activity.settle(timeoutMs),
    async stop() {
      await Promise.all([harvester, longhorn, ...controllers].map((controller) => controller.stop()));
      await api.stop();
    },
  };
  try {
    await sandbox.settle();
    if (scenario.after) {
      await scenario.after(sandbox);
      await sandbox.settle();
    }
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  api.clearRequests();
  return sandbox;
}

/** As Harvester says which release it is. */
const serverVersion = (version: HarvesterVersion): KubeObject[] => [
  setting('server-version', { value: `v${version}` }),
];
