import { defineFunction } from '../../shared/function.ts';
import { Config } from './config.ts';
import { route } from './route.ts';
import { observe } from './observe.ts';
import { plan } from './plan.ts';
import { triage } from './triage.ts';

export default defineFunction({
  name: 'do-something',
  summary:
    'Reports, in an Event, each VolumeSnapshotContent of other storage than Longhorn that cannot become ready because its VolumeSnapshotClass does not exist.',
  watches: [{ kind: 'VolumeSnapshotContent', mode: 'resource' }],
  needs: [
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotcontents', verbs: ['get', 'list'] },
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshotclasses', verbs: ['get', 'list'] },
    { group: 'events.k8s.io', resource: 'events', verbs: ['get', 'create'] },
    // Every survey lists these.
    { group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verbs: ['list'] },
    { group: 'harvesterhci.io', resource: 'virtualmachinebackups', verbs: ['list'] },
    { group: 'longhorn.io', resource: 'backups', verbs: ['list'] },
  ],
  config: Config,
  route,
  triage,
  observe,
  plan,
});
