import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'fix-handle',
  summary:
    'Replaces every VolumeSnapshotContent whose handle does not name the Longhorn volume of its backup with a correct one.',
  watches: [
    { kind: 'VolumeSnapshotContent', mode: 'resource' },
    { kind: 'VolumeSnapshot', mode: 'resource' },
    { kind: 'Backup', mode: 'resource' },
    { kind: 'PersistentVolumeClaim', mode: 'resource' },
    { kind: 'VirtualMachineRestore', mode: 'resource' },
    { kind: 'VirtualMachineBackup', mode: 'reference' },
  ],
  needs: [
    {
      group: 'snapshot.storage.k8s.io',
      resource: 'volumesnapshotcontents',
      verbs: ['get', 'list', 'create', 'patch', 'delete'],
    },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get', 'list', 'create', 'patch'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotclasses', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinerestores', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'schedulevmbackups', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backupvolumes', verbs: ['get', 'list'] },
    { group: '', resource: 'persistentvolumeclaims', verbs: ['list'] },
  ],
  config: Config,
  route,
  triage,
  observe,
  plan,
});
