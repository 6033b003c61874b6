import { harvesterSupport } from '../shared/capability/harvester-support.ts';
import type { Engine } from '../shared/capability/storage-support.ts';
import type { Configured } from '../shared/capability/config.ts';
import type { SeenDriver } from '../shared/capability/read.ts';
import { answerReasons } from '../shared/capability/reasons.ts';
import { describeRelease, releases } from '../shared/capability/releases.ts';
import type { Support } from '../shared/capability/reasons.ts';
import * as names from '../shared/domain/names.ts';
import type { DriverClasses, DriverConfig } from '../shared/objects/drivers.ts';
import type { SnapshotClass } from '../shared/objects/types.ts';

/** docs/capabilities.md: what the answers mean, and what each release of Harvester says to each kind of storage. */
export const capabilitiesPage = (table: Table): string => `<!-- generated from shared/capability; npm run docs -->

# Capabilities

Whether a volume can be snapshotted, backed up, restored elsewhere and cloned are four questions, and each has two answers:
whether the **storage can**, and whether **this Harvester allows** it. \`gleaner capability\` gives both for every StorageClass,
VM and volume: yes, no or unknown, with the reason and the cure. *Restored elsewhere* means another cluster, or another
namespace, from the backup target.

The function \`check-capability\` keeps the answers on each StorageClass, as annotations
\`gleaner.dev/can-snapshot\`, \`gleaner.dev/allows-snapshot\` and so on, with the answer and its reason:

\`\`\`sh
kubectl get storageclasses.storage.k8s.io -o custom-columns='NAME:.metadata.name,CAN:.metadata.annotations.gleaner\\.dev/can-backup,ALLOWS:.metadata.annotations.gleaner\\.dev/allows-backup'
\`\`\`

They hold no time, so they change only when an answer does; an Event \`CapabilityChanged\` on the class then tells what was and
what is. \`GLEANER_CHECK_CAPABILITY_ANNOTATE=off\` keeps the function from writing them and takes them away;
\`gleaner capability --clear\` takes them away at once. What is wrong (a list of drivers that is broken, storage that is set up
for snapshots while no csi-snapshotter runs) gets a ClusterPolicyReport or a ClusterReport, where either CRD is installed.

All of this is inferred from what is there. \`gleaner capability --probe <storageclass>\` tries instead: a volume of 1 GiB, a
snapshot, a volume from it, each timed, in a scratch namespace; then it removes all of it. The result stands on the StorageClass as
\`gleaner.dev/probed\`, a list with one of each volume mode, and is shown as \`SnapshotProved\` or \`ProbeFailed\`; \`--clean\` removes what an interrupted probe left.
Volumes are \`Block\`, as the disks of VMs are, or what \`--volume-mode\` says; the answers of a volume go by what was tried with
its own mode, those of a class by that of disks. It makes no backup and deletes none; that a backup restores is what \`gleaner drill\` proves.

## What Harvester allows

With a right \`csi-driver-config\` and a backup target: VM snapshot / VM backup / restore elsewhere.

${table(['Storage', ...releases.map(({ from }) => `Harvester ${describeRelease(from)}`)], rows())}
Besides, Harvester goes by what the claim itself says: up to 1.4 by its annotation \`storage-provisioner\` alone
(\`ProvisionerNotNoted\`), from 1.5 to 1.8 by the one Longhorn Engine of the volume (\`EngineNotOne\`).

A backup that is taken of other storage than Longhorn (\`BackupHollow\`) is none: nothing of it gets to the target. A VM is as
capable as the least of its volumes: Harvester takes it whole or refuses it. Candidates of 1.9 before rc6, development builds
and releases that are newer than this page are answered only where all releases agree.

## Where it is seen

| What | From where |
| --- | --- |
| the driver is there | its CSIDriver, or whatever else speaks for it |
| it can snapshot | a csi-snapshotter of it runs: a lease that is renewed, a Deployment or a Pod; or a snapshot that became ready |
| it is set up | a VolumeSnapshotClass that names the driver; the entry of \`csi-driver-config\`, value and default put together as the release does |
| the engine | of a StorageClass its parameter, of a volume Longhorn’s Volume |
| it clones | Longhorn’s engine v1 does; of others only a clone that is bound tells |

What may not be read makes the answers unknown that need it, and no others. What was once seen to work stands on the class:
deleting the snapshot that showed it changes nothing.

## Every reason

${words.map((word) => `### ${word}\n\n${table(['Reason', 'What it means', 'What you can do'], reasonsOf(word))}`).join('\n')}`;

type Table = (columns: readonly string[], rows: readonly (readonly string[])[]) => string;

const words: readonly Support[] = ['yes', 'no', 'unknown'];
const reasonsOf = (word: Support): string[][] =>
  Object.entries(answerReasons)
    .filter(([, { answer }]) => answer === word)
    .map(([reason, { means, youCan }]) => [`\`${reason}\``, means, youCan]);

const OTHER = 'other.example.com';

function rows(): string[][] {
  const storage: [string, string, (DriverClasses | undefined)?, Engine?][] = [
    ['Longhorn, engine v1', names.LONGHORN_DRIVER, undefined, 'v1'],
    ['Longhorn, engine v2', names.LONGHORN_DRIVER, undefined, 'v2'],
    ['other, with a class for snapshots', OTHER, { snapshot: 'other', backup: '' }],
    ['other, with a class for backups too', OTHER, { snapshot: 'other', backup: 'other' }],
    ['other, without an entry', OTHER],
  ];
  return storage.map(([name, driver, entry, engine]) => [
    name,
    ...releases.map(({ from }) => {
      const { snapshot, backup, restoreElsewhere } = harvesterSupport(seen(`v${from}.0`, driver, entry), engine);
      const hollow = backup.reason === 'BackupHollow' ? ' (`BackupHollow`)' : '';
      return `${snapshot.answer} / ${backup.answer}${hollow} / ${restoreElsewhere.answer}`;
    }),
  ]);
}

/** A cluster where all is right. */
function seen(version: string, driver: string, entry: DriverClasses | undefined): SeenDriver {
  const brought: DriverConfig = {
    is: 'drivers',
    drivers: { [names.LONGHORN_DRIVER]: { snapshot: 'longhorn-snapshot', backup: names.BACKUP_CLASS } },
  };
  const value: DriverConfig = {
    is: 'drivers',
    drivers: { ...brought.drivers, ...(entry !== undefined && { [OTHER]: entry }) },
  };
  const config: Configured = { value, default: brought };
  const made = (name: string, of: string, type?: string): SnapshotClass => ({
    metadata: { name, uid: name, resourceVersion: '1', annotations: undefined },
    driver: of,
    parameters: { type },
  });
  const classes = [
    made('longhorn', names.LONGHORN_DRIVER),
    made('longhorn-snapshot', names.LONGHORN_DRIVER, 'snap'),
    made('other', OTHER),
  ];
  return {
    version: { found: version },
    config: { found: config },
    drivers: { found: new Set([driver]) },
    served: true,
    classes: { found: classes },
    target: { found: true },
    driver,
    snapshotter: { found: 'runs' },
    evidence: {},
  };
}
