import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'record-consistency',
  summary:
    'Records how consistent the data of each snapshot and backup is, while it can still be observed: file systems frozen, crash-consistent, VM off, or VM just stopped; and how far apart its volumes were taken.',
  watches: [
    { kind: 'VolumeSnapshot', mode: 'resource' },
    { kind: 'VirtualMachineBackup', mode: 'reference' },
    { kind: 'VirtualMachineInstance', mode: 'reference' },
  ],
  needs: [
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['get', 'list', 'patch'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['get', 'list'] },
    { group: 'kubevirt.io', resource: 'virtualmachines', verbs: ['get', 'list'] },
    { group: 'kubevirt.io', resource: 'virtualmachineinstances', verbs: ['get', 'list'] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['create'] },
  ],
  config: Config,
  route,
  triage,
  observe,
  plan,
});
