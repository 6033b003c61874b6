import { listCommand } from '../domain/kubectl.ts';
import type { VMRestore } from '../objects/types.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { SeenPreflight } from './seen-preflight.ts';

/**
 * Further causes for Harvester's webhook to refuse a restore: missing networks and snapshot classes, other restores,
 * volumes that snapshots depend on. One check each.
 */
export function checkAdmission(seen: SeenPreflight): Check[] {
  return [checkNetworks(seen), checkSnapshotClasses(seen), checkOthers(seen), checkOldVolumes(seen)];
}

/** All networks must exist, even ones that the VM could do without. */
function checkNetworks({ missingNetworks, chain }: SeenPreflight): Check {
  const name = 'network';
  return ifKnown(name, missingNetworks, (absent) => {
    if (absent.length === 0) {
      const some = (chain?.backup.status?.source?.networks ?? []).length > 0;
      return {
        name,
        result: 'pass',
        message: some ? 'every network of the VM exists' : 'the VM uses no VM network',
      };
    }
    return {
      name,
      result: 'fail',
      message: `network ${absent.join(', ')} of the VM does not exist: Harvester refuses the restore`,
      cure: `create a VM network with that namespace and name; see \`${listCommand('NetworkAttachmentDefinition')}\``,
    };
  });
}

function checkSnapshotClasses({ missingClasses }: SeenPreflight): Check {
  const name = 'snapshotclass';
  return ifKnown(name, missingClasses, (absent) =>
    absent.length === 0
      ? { name, result: 'pass', message: 'every VolumeSnapshotClass that the restore needs exists' }
      : {
          name,
          result: 'fail',
          message: `VolumeSnapshotClass ${absent.join(', ')} does not exist: Harvester refuses the restore, or its snapshots never become ready`,
          cure: 'create it again; Harvester ships longhorn and longhorn-snapshot',
        },
  );
}

/** Harvester compares MAC addresses only with those of other restores. */
function checkOthers({ others, request }: SeenPreflight): Check {
  const name = 'restores';
  return ifKnown(name, others, (found) => {
    const sameMacs = (one: VMRestore) =>
      request.newVM && request.keepMacAddress && one.spec.newVM === true && one.spec.keepMacAddress === true;
    const twin = found.find((one) => sameMacs(one) && isOf(one, request.backup));
    if (twin !== undefined) {
      return {
        name,
        result: 'fail',
        message: `restore ${at(twin)} created a VM with the same MAC addresses`,
        cure: 'let the new VM get its own MAC addresses',
      };
    }
    const onto = found.filter(
      ({ metadata, spec, status }) =>
        metadata.namespace === request.to && spec.target?.name === request.machine && status?.complete !== true,
    );
    const failed = (one: VMRestore) =>
      one.status?.conditions?.some(({ type, status }) => type === 'InProgress' && status === 'False') === true;
    // Harvester treats a failed restore as finished, but still retries it.
    const clash = onto.find((one) => !failed(one)) ?? onto[0];
    if (clash === undefined) return { name, result: 'pass', message: 'no other restore conflicts' };
    const cure = `gleaner explain vmrestore/${clash.metadata.name} -n ${clash.metadata.namespace}`;
    return failed(clash)
      ? { name, result: 'warn', message: `restore ${at(clash)} onto the same VM has failed and keeps retrying`, cure }
      : { name, result: 'fail', message: `restore ${at(clash)} onto the same VM is in progress`, cure };
  });
}

const at = ({ metadata: { namespace, name } }: VMRestore): string => `${namespace}/${name}`;

const isOf = ({ metadata, spec }: VMRestore, backup: SeenPreflight['request']['backup']): boolean =>
  spec.virtualMachineBackupName === backup.name &&
  (spec.virtualMachineBackupNamespace || metadata.namespace) === backup.namespace;

function checkOldVolumes({ dependentSnapshots, chain, request }: SeenPreflight): Check {
  const name = 'old volumes';
  if (request.newVM || request.retain === true) return { name, result: 'pass', message: 'no volume is deleted' };
  if (chain?.backup.spec.type === 'snapshot') {
    return {
      name,
      result: 'fail',
      message: 'a backup of type snapshot depends on the volumes that the restore would delete',
      cure: 'restore with deletionPolicy retain',
    };
  }
  return ifKnown(name, dependentSnapshots, (found) =>
    found.length === 0
      ? { name, result: 'pass', message: 'no snapshot depends on the volumes that the restore deletes' }
      : {
          name,
          result: 'fail',
          message: `VM snapshot ${found.join(', ')} depends on the volumes that the restore would delete`,
          cure: 'restore with deletionPolicy retain',
        },
  );
}
