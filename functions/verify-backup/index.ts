import { defineFunction } from '../../shared/function.ts';
import { restorability } from './restorability.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'verify-backup',
  summary:
    'Audits the chain from each VMBackup to the backup target, names orphans and blockers, and writes Events and reports. Repairs nothing.',
  watches: [
    { kind: 'VolumeSnapshotContent', mode: 'resource' },
    { kind: 'VolumeSnapshot', mode: 'resource' },
    { kind: 'Backup', mode: 'resource' },
    { kind: 'BackupTarget', mode: 'resource' },
    { kind: 'VirtualMachineRestore', mode: 'resource' },
    { kind: 'VirtualMachineBackup', mode: 'reference' },
  ],
  needs: [
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinerestores', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'volumeremotebackups', verbs: ['list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotclasses', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backupvolumes', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get', 'list'] },
    { group: '', resource: 'persistentvolumeclaims', verbs: ['get', 'list'] },
    { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['get', 'list'] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['get', 'create', 'patch'] },
    { group: 'wgpolicyk8s.io', resource: 'policyreports', verbs: ['get', 'list', 'create', 'patch'] },
    { group: 'openreports.io', resource: 'reports', verbs: ['get', 'list', 'create', 'patch'] },
  ],
  config: Config,
  surveysChain: true,
  route,
  triage,
  observe,
  plan,
  restorability,
});
