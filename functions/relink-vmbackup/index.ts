import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'relink-vmbackup',
  summary:
    'Points VirtualMachineBackups at the correct pair once it is bound and ready, gives it the old deletion policy, and retires the old pair.',
  watches: [
    { kind: 'VirtualMachineBackup', mode: 'reference' },
    { kind: 'VolumeSnapshot', mode: 'resource' },
    { kind: 'VolumeSnapshotContent', mode: 'resource' },
    { kind: 'Backup', mode: 'resource' },
    { kind: 'PersistentVolumeClaim', mode: 'resource' },
    { kind: 'VirtualMachineRestore', mode: 'resource' },
  ],
  needs: [
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list', 'patch'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinerestores', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get', 'list', 'delete'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['get', 'list', 'patch', 'delete'] },
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
