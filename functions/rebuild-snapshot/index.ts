import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'rebuild-snapshot',
  summary:
    'Recreates the lost VolumeSnapshot or VolumeSnapshotContent of a VMBackup volume if the backup is still on the target.',
  watches: [
    { kind: 'VirtualMachineBackup', mode: 'reference' },
    { kind: 'VolumeSnapshot', mode: 'resource' },
    { kind: 'VolumeSnapshotContent', mode: 'resource' },
    { kind: 'Backup', mode: 'resource' },
    { kind: 'VirtualMachineRestore', mode: 'resource' },
  ],
  needs: [
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get', 'list', 'create'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['get', 'list', 'create', 'patch'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotclasses', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'schedulevmbackups', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backupvolumes', verbs: ['get', 'list'] },
    { group: '', resource: 'persistentvolumeclaims', verbs: ['get', 'list'] },
  ],
  config: Config,
  route,
  triage,
  observe,
  plan,
});
