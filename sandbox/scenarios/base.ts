/** What every scenario stands on: namespaces, classes, settings and a backup target that works. */
import type { KubeObject } from '../api/types.ts';
import { hashAnnotation, metadataPath, refreshAnnotation } from '../controllers/harvester-names.ts';
import { longhornDriver, longhornNamespace } from '../controllers/kinds.ts';
import { sha } from '../controllers/objects.ts';
import {
  annotated,
  csiDriver,
  namespaceObject,
  object,
  sandboxTarget,
  secretMarker,
  setting,
  snapshotClass,
  snapshotterDeployment,
} from './build.ts';

const drivers = JSON.stringify({
  [longhornDriver]: { volumeSnapshotClassName: 'longhorn-snapshot', backupVolumeSnapshotClassName: 'longhorn' },
});

/** With keys in it, which a real Harvester would blank: whoever prints this Setting gives them away. */
const targetValue = JSON.stringify({
  type: 's3',
  ...sandboxTarget,
  accessKeyId: `${secretMarker}-access-key`,
  secretAccessKey: `${secretMarker}-secret-key`,
  cert: '',
  virtualHostedStyle: false,
  refreshIntervalInSeconds: 0,
});

export function baseWorld(): KubeObject[] {
  return [
    ...['prod', 'finance', 'harvester-system', longhornNamespace].map(namespaceObject),
    object(
      'storage.k8s.io/v1',
      'StorageClass',
      { name: 'harvester-longhorn', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      {
        provisioner: longhornDriver,
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'Immediate',
        parameters: { numberOfReplicas: '3', migratable: 'true' },
      },
    ),
    csiDriver(longhornDriver),
    snapshotterDeployment(longhornDriver, longhornNamespace),
    snapshotClass('longhorn', longhornDriver),
    snapshotClass('longhorn-snapshot', longhornDriver, { type: 'snap' }),
    // Scanned already: without the hash Harvester would scan at once.
    setting(
      'backup-target',
      { value: targetValue },
      annotated({ [hashAnnotation]: sha(targetValue, 'sha224'), [refreshAnnotation]: '2025-03-02T02:00:10Z' }),
    ),
    setting('volume-snapshot-class', { default: 'longhorn' }),
    setting('csi-driver-config', { default: drivers, value: drivers }),
    object(
      'longhorn.io/v1beta2',
      'BackupTarget',
      { name: 'default', namespace: longhornNamespace },
      {
        spec: {
          backupTargetURL: `s3://${sandboxTarget.bucketName}@${sandboxTarget.bucketRegion}/`,
          credentialSecret: 'harvester-backup-target-secret',
          pollInterval: '5m0s',
        },
        status: {
          available: true,
          lastSyncedAt: '2025-03-02T02:00:03Z',
          conditions: [{ type: 'Unavailable', status: 'False' }],
        },
      },
    ),
  ];
}

/** The file Harvester keeps of a backup on the target: path and content. */
export function metadataFile(backup: KubeObject): [path: string, text: string] {
  const { name, namespace } = backup.metadata;
  const { source, volumeBackups, secretBackups } = backup['status'];
  const file = { name, namespace, backupSpec: backup['spec'], vmSourceSpec: source, volumeBackups, secretBackups };
  return [metadataPath(namespace!, name), JSON.stringify(file)];
}
