/** Harvester's Settings, as its controllers read them. */
import type { ApiClient, KubeObject } from '../api/types.ts';
import * as kinds from './kinds.ts';

export interface BackupTarget {
  type: 'nfs' | 's3' | '';
  endpoint: string;
  bucketName: string;
  bucketRegion: string;
  refreshIntervalInSeconds: number;
  isDefault: boolean;
}

export async function settingValue(client: ApiClient, name: string): Promise<string> {
  const setting = await client.get(kinds.Setting, name);
  return setting?.['value'] || setting?.['default'] || '';
}

export const readTarget = async (client: ApiClient) => decodeTarget(await settingValue(client, 'backup-target'));

export function decodeTarget(value: string): BackupTarget {
  const fields: Record<string, unknown> = value ? JSON.parse(value) : {};
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    type: text('type') as BackupTarget['type'],
    endpoint: text('endpoint'),
    bucketName: text('bucketName'),
    bucketRegion: text('bucketRegion'),
    refreshIntervalInSeconds: Number(fields['refreshIntervalInSeconds'] ?? 0),
    isDefault: Object.values(fields).every((field) => !field),
  };
}

/** The URL that Longhorn is given. */
export function targetUrl(target: BackupTarget): string {
  if (target.isDefault) return '';
  if (target.type === 's3') return `s3://${target.bucketName}@${target.bucketRegion}/`;
  return `nfs://${target.endpoint.replace(/^nfs:\/\//, '')}`;
}

/** String for string, so `nfs://x` and `x` are two targets. */
export function isSameTarget(backup: KubeObject, target: BackupTarget): boolean {
  const own = backup['status']?.backupTarget;
  if (!own) return false;
  return (['endpoint', 'bucketName', 'bucketRegion'] as const).every((field) => (own[field] ?? '') === target[field]);
}

/** Driver → snapshot class, for the drivers of this backup. The default's drivers cannot be overridden by the value. */
export async function snapshotClasses(client: ApiClient, backup: KubeObject): Promise<Record<string, string>> {
  const setting = await client.get(kinds.Setting, 'csi-driver-config');
  const config = { ...JSON.parse(setting?.['value'] || '{}'), ...JSON.parse(setting?.['default'] || '{}') };
  const classes: Record<string, string> = {};
  for (const { csiDriverName } of backup['status'].volumeBackups) {
    if (classes[csiDriverName]) continue;
    const driver = config[csiDriverName];
    if (!driver) throw new Error(`can't find CSI driver ${csiDriverName} in setting CSIDriverInfo`);
    const field = backup['spec'].type === 'snapshot' ? 'volumeSnapshotClassName' : 'backupVolumeSnapshotClassName';
    const name: string = driver[field] ?? '';
    if (!name || !(await client.get(kinds.SnapshotClass, name)))
      throw new Error(`can't find volumeSnapshotClass ${name} for CSI driver ${csiDriverName}`);
    classes[csiDriverName] = name;
  }
  return classes;
}
