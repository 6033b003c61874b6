import { describe, expect, jest, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { build, leaving, one, restoring, startStill, without } from './static.ts';

jest.setTimeout(30_000);

/** What is there, of what the story is told, and what needs attention in it: reason, kind and name. */
type Row = readonly [
  name: string,
  objects: () => KubeObject[],
  object: string,
  says: readonly string[],
  commands?: readonly (string | RegExp)[],
];

const content = 'web-volume-web-disk-vsc';

function unreadable() {
  const p = one('web');
  p.vmb.status.volumeBackups = 'none';
  return p;
}
const odd = ['ObjectUnreadable VirtualMachineBackup web'];
const showIt = ['kubectl get virtualmachinebackups.harvesterhci.io web -n prod -o yaml'];
const restoreAt = 'vmrestore/rs';
const restored = 'restore-rs-web-volume-web-disk';
const restoredContent = 'restore-finance-rs-web-volume-web-disk';
const wrongly = () => {
  const p = one('web');
  return { p, r: restoring(p, `bs://web-disk/${p.backup}`) };
};
const hanging = ['RestoreHanging VirtualMachineRestore rs'];
const apply = 'gleaner apply vmrestore/rs -n finance';

const rows: readonly Row[] = [
  // Nothing to do.
  ['a content that is well', () => one('web').all, `vsc/${content}`, []],
  [
    'a restore that is complete',
    () => [...one('web').all, ...restoring(one('web'), one('web').right, true).all],
    restoreAt,
    [],
  ],
  [
    'a content of another VMBackup than the one that cannot be read',
    () => [...unreadable().all, ...one('db').all],
    'vsc/db-volume-db-disk-vsc',
    [],
  ],

  [
    'a restore that runs',
    () => {
      const p = one('web');
      const r = restoring(p, p.right);
      r.pvc.spec.volumeName = 'pvc-restored';
      r.pvc.status.phase = 'Bound';
      return [...p.all, ...r.all];
    },
    restoreAt,
    [],
  ],

  // Under a VMBackup that cannot be read.
  ['its content', () => unreadable().all, `vsc/${content}`, odd, showIt],
  ['its snapshot', () => unreadable().all, 'vs/web-volume-web-disk', odd, showIt],
  ['its Longhorn Backup', () => unreadable().all, `backup/${one('web').backup}`, odd, showIt],
  [
    'its Longhorn Backup, which nothing else names',
    () => without(unreadable(), 'VolumeSnapshot', 'VolumeSnapshotContent'),
    `backup/${one('web').backup}`,
    [...odd, 'TargetBlocked Setting backup-target'],
    showIt,
  ],
  [
    'its content, of nobody by its own word, without its snapshot',
    () => {
      const p = unreadable();
      delete p.vsc.metadata.ownerReferences;
      return without(p, 'VolumeSnapshot');
    },
    `vsc/${content}`,
    odd,
    showIt,
  ],

  [
    'a VMBackup, with a target that cannot be read',
    () => [
      ...one('web').all,
      build.object(
        'longhorn.io/v1beta2',
        'BackupTarget',
        { name: 'default', namespace: 'longhorn-system' },
        { spec: 'x' },
      ),
    ],
    'vmbackup/web',
    ['ObjectUnreadable BackupTarget default'],
  ],

  // A claim's.
  [
    'a restored claim whose class is gone',
    () => {
      const p = one('web');
      const r = restoring(p, p.right);
      r.pvc.spec.storageClassName = 'gone';
      r.pvc.metadata.annotations = { 'restore.harvesterhci.io/name': 'rs' };
      return [...p.all, ...r.all];
    },
    'pvc/rc -n finance',
    hanging,
  ],

  // Of what is in deletion.
  [
    'a snapshot that is being deleted',
    () => {
      const p = one('web');
      leaving(p.vs);
      return p.all;
    },
    'vs/web-volume-web-disk',
    ['DeletionHangs VolumeSnapshot web-volume-web-disk', 'SnapshotBeingDeleted VolumeSnapshot web-volume-web-disk'],
  ],
  [
    'a content that is being deleted, on Retain',
    () => {
      const p = one('web', { policy: 'Retain' });
      leaving(p.vsc);
      return p.all;
    },
    `vsc/${content}`,
    [
      'ContentStuck VolumeSnapshotContent web-volume-web-disk-vsc',
      'DeletionHangs VolumeSnapshotContent web-volume-web-disk-vsc',
      'PairNotReady VirtualMachineBackup web',
    ],
    [
      /^kubectl patch volumesnapshotcontents\.snapshot\.storage\.k8s\.io web-volume-web-disk-vsc --type=json -p '\[.*"remove".*\]'$/,
      /^kubectl get .*finalizers}'$/,
    ],
  ],
  [
    'a content whose snapshot cannot be read',
    () => {
      const p = one('web', { handle: 'wrong' });
      p.vs.spec = { x: 1 };
      return p.all;
    },
    `vsc/${content}`,
    ['ObjectUnreadable VolumeSnapshot web-volume-web-disk'],
  ],

  // A restore's own pairs.
  [
    'a restore whose content has a wrong handle',
    () => {
      const { p, r } = wrongly();
      return [...p.all, ...r.all];
    },
    restoreAt,
    [...hanging, `SwapContent VolumeSnapshotContent ${restoredContent}`],
    [apply],
  ],
  [
    'the same, of a content that does not say whose it is',
    () => {
      const { p, r } = wrongly();
      delete r.vsc.metadata.ownerReferences;
      return [...p.all, ...r.all];
    },
    restoreAt,
    [...hanging, 'PreflightFailed VirtualMachineRestore rs', `SwapContent VolumeSnapshotContent ${restoredContent}`],
    [apply],
  ],
  [
    'a restore that uses the pair of its VMBackup',
    () => {
      const p = one('web', { handle: 'wrong' });
      const r = restoring(p, p.right);
      r.vmr.metadata.namespace = r.pvc.metadata.namespace = 'prod';
      r.pvc.spec.dataSource.name = p.vs.metadata.name;
      return [...p.all, r.vmr, r.pvc];
    },
    'vmrestore/rs -n prod',
    [
      ...hanging,
      'AwaitsReplacement VirtualMachineBackup web',
      `HandleWrong VolumeSnapshotContent ${content}`,
      `SwapContent VolumeSnapshotContent ${content}`,
    ],
    ['gleaner apply vmbackup/web -n prod', `gleaner apply vsc/${content}`],
  ],
  [
    'a restore that uses the pair of its VMBackup, whose snapshot is lost',
    () => {
      const p = one('web');
      const r = restoring(p, p.right);
      r.vmr.metadata.namespace = r.pvc.metadata.namespace = 'prod';
      r.pvc.spec.dataSource.name = p.vs.metadata.name;
      return [...without(p, 'VolumeSnapshot'), r.vmr, r.pvc];
    },
    'vmrestore/rs -n prod',
    [...hanging, 'PreflightFailed VirtualMachineRestore rs', 'RebuildSnapshot VirtualMachineBackup web'],
    ['gleaner apply vmbackup/web -n prod'],
  ],
  [
    'a restore whose content is bound to a snapshot that is gone',
    () => {
      const p = one('web');
      const r = restoring(p, p.right);
      r.vsc.spec.volumeSnapshotRef.uid = '11111111-1111-4111-8111-111111111111';
      return [...p.all, ...r.all];
    },
    restoreAt,
    [...hanging, 'PreflightFailed VirtualMachineRestore rs'],
    // That of the preflight, which need not know that it is on Retain, and that of the restore.
    [
      /^kubectl patch volumesnapshotcontents\.snapshot\.storage\.k8s\.io restore-finance-rs-/,
      /--type=json -p '\[{"op":"test",.*"remove"/,
    ],
  ],
  [
    'a restore whose content is of another driver',
    () => {
      const p = one('web');
      const r = restoring(p, p.right);
      r.vsc.spec.driver = 'other.csi';
      return [...p.all, ...r.all];
    },
    restoreAt,
    [...hanging, 'PreflightFailed VirtualMachineRestore rs'],
  ],
  [
    'a restore whose content is lost, and there is no BackupVolume',
    () => {
      const { p, r } = wrongly();
      return [...without(p, 'BackupVolume'), r.vmr, r.vs, r.pvc];
    },
    restoreAt,
    [...hanging, 'PreflightFailed VirtualMachineRestore rs', `BackupVolumeMissing BackupVolume ${one('web').volume}`],
    [/^kubectl get backupvolumes.longhorn.io -n longhorn-system -l backup-volume=/],
  ],
  [
    'a restore of this cluster’s own snapshot, just begun',
    () => {
      const p = one('web', { local: true });
      p.vmb.spec.type = 'snapshot';
      delete p.vmb.status.volumeBackups[0].longhornBackupName;
      p.vsc.status.snapshotHandle = `snap://${p.volume}/snapshot-${p.vs.metadata.uid}`;
      const r = restoring(p, p.right);
      r.vmr.metadata.namespace = r.pvc.metadata.namespace = 'prod';
      r.pvc.spec.dataSource.name = p.vs.metadata.name;
      return [...without(p, 'Backup', 'BackupVolume'), r.vmr, r.pvc];
    },
    'vmrestore/rs -n prod',
    [],
  ],
  [
    'a restore whose content is lost',
    () => {
      const { p, r } = wrongly();
      return [...p.all, r.vmr, r.vs, r.pvc];
    },
    restoreAt,
    [...hanging, `RecreateContent VolumeSnapshot ${restored}`],
    [apply],
  ],
  [
    'a restore whose content cannot be read',
    () => {
      const { p, r } = wrongly();
      r.vsc.spec.deletionPolicy = 'Keep';
      return [...p.all, ...r.all];
    },
    restoreAt,
    [`ObjectUnreadable VolumeSnapshotContent ${restoredContent}`],
    [/^kubectl get volumesnapshotcontents.snapshot.storage.k8s.io restore-finance-rs-web-volume-web-disk -o yaml$/],
  ],
];

describe('the story of', () => {
  test.each(rows)('%s', async (_name, objects, object, says, commands = undefined) => {
    const still = await startStill([...one('well').all, ...objects()]);
    try {
      const at = object.includes(' -n ') ? object : `${object} -n ${object.startsWith('vmr') ? 'finance' : 'prod'}`;
      const { code, out, err } = await still.run('explain', ...at.split(' '), '-o', 'json');
      expect(err).toBe('');
      const document = JSON.parse(out);
      const open = document.findings.filter(({ verdict }: any) => ['act', 'report', 'wait'].includes(verdict));
      const said = open.map(({ reason, subject }: any) => `${reason} ${subject.kind} ${subject.name}`);
      expect([...new Set(said)].sort()).toEqual([...says].sort());
      expect(code).toBe(says.length > 0 ? 1 : 0);
      if (commands !== undefined)
        expect(document.commands).toEqual(
          commands.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))),
        );
      for (const command of document.commands.filter((text: string) => text.startsWith('gleaner apply '))) {
        const planned = JSON.parse((await still.run('plan', ...command.split(' ').slice(2), '-o', 'json')).out);
        expect(planned.findings.flatMap(({ actions }: any) => actions)).not.toEqual([]);
      }
    } finally {
      await still.stop();
    }
  });
});
