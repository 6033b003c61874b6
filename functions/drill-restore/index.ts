import * as names from '../../shared/domain/names.ts';
import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { scheduled } from './schedule.ts';

const there = { namespace: names.DRILL_NAMESPACE };

export default defineFunction({
  name: 'drill-restore',
  summary:
    'Restores the volumes of VMBackups into a scratch namespace, checks them, removes them, and records the result. Off by default.',
  // Drills are not urgent: each sweep takes the next step.
  watches: [],
  needs: [
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['get', 'list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinerestores', verbs: ['list'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['get'] },
    { group: 'longhorn.io', resource: 'backupvolumes', verbs: ['get', 'list'] },
    { group: 'longhorn.io', resource: 'backuptargets', verbs: ['get'] },
    { group: 'longhorn.io', resource: 'volumes', verbs: ['get'] },
    { group: 'storage.k8s.io', resource: 'storageclasses', verbs: ['get'] },
    { group: '', resource: 'persistentvolumes', verbs: ['get'] },
    { group: '', resource: 'namespaces', verbs: ['get'], names: [names.DRILL_NAMESPACE] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['create'] },
    {
      group: 'snapshot.storage.k8s.io',
      resource: 'volumesnapshotcontents',
      verbs: ['get', 'list', 'create', 'patch', 'delete'],
    },
    {
      group: 'snapshot.storage.k8s.io',
      resource: 'volumesnapshots',
      verbs: ['get', 'list', 'create', 'delete'],
      ...there,
    },
    { group: '', resource: 'persistentvolumeclaims', verbs: ['get', 'list', 'create', 'delete'], ...there },
    { group: '', resource: 'pods', verbs: ['get', 'list', 'create', 'delete'], ...there },
    { group: '', resource: 'configmaps', verbs: ['create'], ...there },
    { group: '', resource: 'configmaps', verbs: ['get', 'patch'], names: [names.DRILL_RECORD], ...there },
    { group: '', resource: 'resourcequotas', verbs: ['list'], ...there },
    { group: '', resource: 'limitranges', verbs: ['list'], ...there },
    { group: 'events.k8s.io', resource: 'events', verbs: ['list'], ...there },
  ],
  config: Config,
  route: () => ({ subjects: [] }),
  triage: () => ({ subjects: [] }),
  scheduled,
  observe,
  plan,
});
