/** Worlds in which a VM is backed up, each in another state. */
import type { KubeObject } from '../api/types.ts';
import { freezeFailsAnnotation } from '../controllers/kubevirt.ts';
import * as kinds from '../controllers/kinds.ts';
import * as build from './build.ts';
import type { Modifier } from './build.ts';
import type { Sandbox, Scenario } from './scenario.ts';

const claims = ['web-root', 'web-data'];
const versions = { harvester: '1.6', longhorn: '1.9' } as const;

/** VM `web` with two disks. */
export function machineWithDisks(...modifiers: Modifier[]): KubeObject[] {
  return [
    build.machine('web', 'prod', claims, ...modifiers),
    ...claims.flatMap((claim) => [
      build.claim(claim, 'prod'),
      build.persistentVolume(claim, 'prod'),
      build.longhornVolume(build.volumeOf(claim)),
    ]),
  ];
}

/** Takes a backup of it, as a user does. */
export async function takeBackup({ client }: Pick<Sandbox, 'client'>, name = 'web-nightly', type = 'backup') {
  await client.create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineBackup',
    metadata: { name, namespace: 'prod' },
    spec: { type, source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'web' } },
  });
}

/** Deletes its instance, as KubeVirt does for a VM that is stopped. */
export async function stopMachine(sandbox: Sandbox): Promise<void> {
  await sandbox.client.delete(kinds.VMI, 'web', 'prod');
  await sandbox.settle();
}

const off: Modifier = build.withStatus({
  printableStatus: 'Stopped',
  conditions: [{ type: 'Ready', status: 'False', reason: 'VMINotExists', lastTransitionTime: '2025-03-01T20:00:00Z' }],
});

export const consistent: Scenario = {
  name: 'consistent',
  describe: 'A running VM with a guest agent was backed up: its file systems were frozen for each volume.',
  ...versions,
  objects: () => [...machineWithDisks(), build.instance({ name: 'web', agent: true })],
  after: (sandbox) => takeBackup(sandbox),
};

export const agentLess: Scenario = {
  name: 'agent-less',
  describe: 'A running VM without a guest agent was backed up: nothing was frozen.',
  ...versions,
  objects: () => [...machineWithDisks(), build.instance({ name: 'web' })],
  after: (sandbox) => takeBackup(sandbox),
};

export const vmOff: Scenario = {
  name: 'vm-off',
  describe: 'A VM that had been off for long was backed up.',
  ...versions,
  objects: () => machineWithDisks(off),
  after: (sandbox) => takeBackup(sandbox),
};

export const justStopped: Scenario = {
  name: 'just-stopped',
  describe: 'A VM was stopped and backed up at once.',
  ...versions,
  objects: () => [...machineWithDisks(), build.instance({ name: 'web', agent: true })],
  async after(sandbox) {
    await stopMachine(sandbox);
    await takeBackup(sandbox);
  },
};

export const freezeFailed: Scenario = {
  name: 'freeze-failed',
  describe: 'The guest agent of a running VM cannot freeze: Harvester tries again and again and takes no snapshot.',
  ...versions,
  objects: () => [
    ...machineWithDisks(),
    build.instance({ name: 'web', agent: true }, build.annotated({ [freezeFailsAnnotation]: 'true' })),
  ],
  after: (sandbox) => takeBackup(sandbox),
};
