import { harvesterSupport } from '../shared/capability/harvester-support.ts';
import type { Engine } from '../shared/capability/storage-support.ts';
import type { DriverConfigSetting } from '../shared/capability/config.ts';
import type { SeenDriver } from '../shared/capability/read.ts';
import { answerReasons } from '../shared/capability/reasons.ts';
import { describeRelease, releases } from '../shared/capability/releases.ts';
import type { Support } from '../shared/capability/reasons.ts';
import * as names from '../shared/domain/names.ts';
import type { DriverClasses, DriverConfig } from '../shared/objects/drivers.ts';
import type { SnapshotClass } from '../shared/objects/types.ts';

/**
 * Renders docs/capabilities.md: the meaning of the answers, and the answer of each Harvester release for each kind of
 * storage.
 */
export const capabilitiesPage = (table: Table): string => `<!-- generated from shared/capability; npm run docs -->

# Capabilities

Can a volume be snapshotted, backed up, restored elsewhere and cloned? Each of these four questions has two answers: whether
the **storage can** do it, and whether **this Harvester allows** it. \`gleaner capability\` gives both for every StorageClass,
VM and volume: yes, no or unknown, with the reason and the fix. *Restored elsewhere* means from the backup target, on another
cluster or in another namespace.

The function \`check-capability\` keeps the answers on each StorageClass, in annotations such as
\`gleaner.dev/can-snapshot\` and \`gleaner.dev/allows-snapshot\`, each with the answer and its reason:

\`\`\`sh
kubectl get storageclasses.storage.k8s.io -o custom-columns='NAME:.metadata.name,CAN:.metadata.annotations.gleaner\\.dev/can-backup,ALLOWS:.metadata.annotations.gleaner\\.dev/allows-backup'
\`\`\`

The annotations contain no time, so they change only when an answer changes. An Event \`CapabilityChanged\` on the StorageClass
then reports the old and the new answer. \`GLEANER_CHECK_CAPABILITY_ANNOTATE=off\` stops the function from writing the
annotations and removes them; \`gleaner capability --clear\` removes them at once. Faults (an invalid \`csi-driver-config\`, or
storage that is configured for snapshots while no csi-snapshotter runs) are written to a ClusterPolicyReport or a
ClusterReport, where either CRD is installed.

All answers are inferred from what is in the cluster. \`gleaner capability --probe <storageclass>\` tests instead: it creates a
volume of 1 GiB, takes a snapshot and creates a volume from it, each timed, in a scratch namespace. Then it removes all of
them. The result is kept on the StorageClass in \`gleaner.dev/probed\`, a list with one entry per volume mode, and is shown
as \`SnapshotProved\` or \`ProbeFailed\`. \`--clean\` removes what an interrupted probe left behind. Volumes are \`Block\`, as
the disks of VMs are, unless \`--volume-mode\` says otherwise. The answers of a volume use the probe of its own mode, those
of a StorageClass the probe of \`Block\` volumes. A probe takes no backup and deletes none; \`gleaner drill\` proves that a backup can
be restored.

## What Harvester allows

With a correct \`csi-driver-config\` and a backup target: VM snapshot / VM backup / restore elsewhere.

${table(['Storage', ...releases.map(({ from }) => `Harvester ${describeRelease(from)}`)], rows())}
Harvester also checks the claim itself: up to 1.4 only its annotation \`storage-provisioner\`
(\`ProvisionerNotNoted\`), from 1.5 to 1.8 that the volume has exactly one Longhorn Engine (\`EngineNotOne\`).

A backup of storage other than Longhorn (\`BackupHollow\`) is no backup: no data reaches the target. A VM is only as
capable as its least capable volume: Harvester takes it whole or refuses it. For candidates of 1.9 before rc6, development
builds and releases newer than this page, an answer is given only if all releases agree.

## How it is determined

| What | Source |
| --- | --- |
| the driver is installed | its CSIDriver, or other objects that name it |
| it supports snapshots | a csi-snapshotter of it is running (a lease that is renewed, a Deployment or a Pod), or a snapshot became ready |
| it is configured | a VolumeSnapshotClass that names the driver; the entry of \`csi-driver-config\`, with value and default merged as the release does |
| the engine | for a StorageClass its parameter, for a volume Longhorn’s Volume |
| it supports clones | Longhorn’s engine v1 does; for others only a bound clone shows it |

A missing permission makes only those answers unknown that need it. What was once seen to work is kept on the StorageClass:
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

/** A cluster without problems. */
function seen(version: string, driver: string, entry: DriverClasses | undefined): SeenDriver {
  const brought: DriverConfig = {
    is: 'drivers',
    drivers: { [names.LONGHORN_DRIVER]: { snapshot: 'longhorn-snapshot', backup: names.BACKUP_CLASS } },
  };
  const value: DriverConfig = {
    is: 'drivers',
    drivers: { ...brought.drivers, ...(entry !== undefined && { [OTHER]: entry }) },
  };
  const config: DriverConfigSetting = { value, default: brought };
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
