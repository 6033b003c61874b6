import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'rediscover-target',
  summary:
    'Makes Harvester scan the backup target again when backups on it belong to no VMBackup: after Longhorn has synced, once per set of backups, until nothing more can appear.',
  watches: [
    { kind: 'Setting', mode: 'reference' },
    { kind: 'BackupTarget', mode: 'resource' },
    { kind: 'Backup', mode: 'resource' },
    { kind: 'StorageClass', mode: 'resource' },
    { kind: 'VirtualMachineRestore', mode: 'resource' },
  ],
  needs: [
    { group: 'harvesterhci.io', resource: 'settings', verbs: ['get', 'list', 'patch'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinerestores', verbs: ['list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachineimages', verbs: ['list'] },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get', 'list', 'patch'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['list'] },
    { group: 'longhorn.io', resource: 'backupvolumes', verbs: ['list'] },
    { group: 'longhorn.io', resource: 'backupbackingimages', verbs: ['list'] },
    { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['list'] },
    { group: 'harvesterhci.io', resource: 'volumeremotebackups', verbs: ['list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['list'] },
  ],
  config: Config,
  route,
  triage,
  observe,
  plan,
});
