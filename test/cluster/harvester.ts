/** Harvester on the bed: its VM backup, restore, target and metadata controllers, an S3 server and the KubeVirt double. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { until } from './client.ts';
import { kubeconfigOf } from './control-plane.ts';
import { BUCKET, REGION } from './doubles/store.ts';
import { hasHarvesterWebhook } from './parts.ts';
import type { Program } from './processes.ts';
import { start } from './processes.ts';
import type { BedState } from './state.ts';
import { applyFixture, servedFolder } from './storage.ts';
import { startHarvesterWebhook } from './webhooks.ts';

/** Keys of the S3 server of the bed; it listens on loopback and holds nothing of value. */
const S3_KEYS = { accessKeyId: 'bed', secretAccessKey: 'bed-secret' };
const SETTING = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Setting', name: 'backup-target' };

export async function startHarvester(state: BedState, client: Client, bin: (binary: string) => string): Promise<void> {
  await mkdir(join(servedFolder(state), BUCKET), { recursive: true });
  await applyFixture(client, 'harvester.yaml');
  await Promise.all([start(state.run, s3(state, bin('versitygw'))), startKubevirt(state, client)]);
  await startHarvesterControllers(state, bin);
  if (hasHarvesterWebhook(state.choice)) await startHarvesterWebhook(state, client, bin);
}

/** Only the controllers: they may be stopped and another version started in their place. */
export const startHarvesterControllers = (state: BedState, bin: (binary: string) => string): Promise<void> =>
  start(state.run, controllers(state, bin('harvester')));

/** What a user enters as backup target; Harvester blanks the keys once it has used them. */
export async function setBackupTarget(
  state: BedState,
  client: Client,
  { refreshIntervalInSeconds = 0 } = {},
): Promise<void> {
  const value = {
    ...{
      type: 's3',
      endpoint: `http://127.0.0.1:${state.ports.s3}`,
      ...S3_KEYS,
      bucketName: BUCKET,
      bucketRegion: REGION,
    },
    ...{ cert: '', virtualHostedStyle: false, refreshIntervalInSeconds },
  };
  await client.apply({
    apiVersion: SETTING.apiVersion,
    kind: SETTING.kind,
    metadata: { name: SETTING.name },
    value: JSON.stringify(value),
  });
  await until('Harvester to accept the backup target', async () => {
    const setting = await client.find(SETTING);
    return (
      setting?.['status']?.conditions?.some((it: any) => it.type === 'configured' && it.status === 'True') &&
      !setting['value'].includes(S3_KEYS.secretAccessKey)
    );
  });
}

/** What a user does who takes the target away: the setting is emptied, and Harvester tells Longhorn. */
export async function disconnectBackupTarget(client: Client): Promise<void> {
  await client.patch(SETTING, { value: '' });
  await until('Longhorn to have forgotten the target', async () => {
    const longhorn = { apiVersion: 'longhorn.io/v1beta2', namespace: 'longhorn-system' };
    const target = await client.find({ ...longhorn, kind: 'BackupTarget', name: 'default' });
    const { length } = await client.list(longhorn.apiVersion, 'Backup', { namespace: longhorn.namespace });
    return target?.['spec'].backupTargetURL === '' && target['status']?.available === false && length === 0;
  });
}

/** Makes Harvester read the target again: the one annotation that stops it is removed. */
export async function rescanBackupTarget(client: Client): Promise<void> {
  await client.patch(SETTING, { metadata: { annotations: { 'harvesterhci.io/hash': null } } });
}

/** The aggregated API wants a Service; one of type ExternalName may point to loopback. */
async function startKubevirt(state: BedState, client: Client): Promise<void> {
  await start(state.run, {
    name: 'kubevirt',
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'doubles', 'kubevirt.ts'),
      kubeconfigOf(state.run, 'kubevirt'),
      String(state.ports.kubevirt),
    ],
    ready: (log) => log.includes('ready'),
  });
  const service = { name: 'virt-api', namespace: 'harvester-system' };
  await client.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: service,
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: state.ports.kubevirt }] },
  });
  const name = 'v1.subresources.kubevirt.io';
  const spec = {
    group: 'subresources.kubevirt.io',
    version: 'v1',
    insecureSkipTLSVerify: true,
    groupPriorityMinimum: 1000,
    versionPriority: 15,
    service: { ...service, port: state.ports.kubevirt },
  };
  await client.apply({ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name }, spec });
  await until('the KubeVirt subresource API to be available', async () => {
    const found = await client.find({ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', name });
    return found?.['status']?.conditions?.some((it: any) => it.type === 'Available' && it.status === 'True');
  });
}

function s3(state: BedState, command: string): Program {
  const address = `127.0.0.1:${state.ports.s3}`;
  return {
    name: 's3',
    command,
    args: ['--port', address, 'posix', servedFolder(state)],
    env: { ROOT_ACCESS_KEY: S3_KEYS.accessKeyId, ROOT_SECRET_KEY: S3_KEYS.secretAccessKey },
    ready: async () => (await fetch(`http://${address}/`)).status > 0,
  };
}

function controllers(state: BedState, command: string): Program {
  return {
    name: 'harvester',
    command,
    args: [],
    env: { KUBECONFIG: kubeconfigOf(state.run, 'harvester') },
    ready: (log) => /\bready$/m.test(log),
  };
}
