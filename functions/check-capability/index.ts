import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'check-capability',
  summary:
    'Determines for every StorageClass whether its volumes can be snapshotted, backed up, restored elsewhere and cloned, and whether this Harvester allows it. Keeps the answers in annotations of the class.',
  watches: [
    { kind: 'StorageClass', mode: 'resource' },
    { kind: 'CSIDriver', mode: 'resource' },
    { kind: 'VolumeSnapshotClass', mode: 'resource' },
    { kind: 'VolumeSnapshotContent', mode: 'resource' },
    { kind: 'PersistentVolumeClaim', mode: 'resource' },
    { kind: 'BackupTarget', mode: 'resource' },
    { kind: 'Setting', mode: 'reference' },
  ],
  needs: [
    { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['get', 'list', 'patch'] },
    { group: 'storage.k8s.io', resource: 'csidrivers', verbs: ['list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotclasses', verbs: ['list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['list'] },
    // Other Settings hold keys and passwords.
    {
      group: 'harvesterhci.io',
      resource: 'settings',
      verbs: ['get'],
      names: ['csi-driver-config', 'server-version', 'volume-snapshot-class'],
    },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get', 'list'] },
    { group: '', resource: 'persistentvolumeclaims', verbs: ['list'] },
    { group: 'coordination.k8s.io', resource: 'leases', verbs: ['list'] },
    { group: 'apps', resource: 'deployments', verbs: ['list'] },
    { group: '', resource: 'pods', verbs: ['list'] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['get', 'create'] },
    { group: 'wgpolicyk8s.io', resource: 'clusterpolicyreports', verbs: ['list', 'create', 'patch'] },
    { group: 'openreports.io', resource: 'clusterreports', verbs: ['list', 'create', 'patch'] },
  ],
  config: Config,
  surveysClasses: true,
  route,
  triage,
  observe,
  plan,
});
