import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { scheduled } from './schedule.ts';

export default defineFunction({
  name: 'preflight-restore',
  summary:
    'Checks each new VirtualMachineRestore and reports within seconds, in an Event on it, whether it would work and how to fix what would make it fail.',
  watches: [{ kind: 'VirtualMachineRestore', mode: 'resource' }],
  needs: [
    { group: 'harvesterhci.io', resource: 'virtualmachinerestores', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachineimages', verbs: ['get'] },
    { group: 'harvesterhci.io', resource: 'schedulevmbackups', verbs: ['get'] },
    // Other Settings hold keys and passwords.
    {
      group: 'harvesterhci.io',
      resource: 'settings',
      verbs: ['get'],
      names: ['server-version', 'volume-snapshot-class'],
    },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['get'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['get'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotclasses', verbs: ['get'] },
    { group: 'k8s.cni.cncf.io', resource: 'network-attachment-definitions', verbs: ['get'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['get'] },
    { group: 'longhorn.io', resource: 'backupvolumes', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get'] },
    { group: 'longhorn.io', resource: 'backingimages', verbs: ['get'] },
    { group: 'kubevirt.io', resource: 'virtualmachines', verbs: ['get', 'list'] },
    { group: 'kubevirt.io', resource: 'virtualmachineinstances', verbs: ['get', 'list'] },
    { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['list'] },
    { group: 'storage.k8s.io', resource: 'csidrivers', verbs: ['get'] },
    { group: '', resource: 'namespaces', verbs: ['get'] },
    { group: '', resource: 'resourcequotas', verbs: ['list'] },
    { group: '', resource: 'limitranges', verbs: ['list'] },
    { group: '', resource: 'persistentvolumeclaims', verbs: ['get'] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['get', 'create', 'patch'] },
  ],
  config: Config,
  route,
  triage: () => ({ subjects: [] }),
  scheduled,
  observe,
  plan,
});
