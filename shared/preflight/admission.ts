import type { Check } from './checks.ts';
import { ifKnown } from './checks.ts';
import type { SeenPreflight } from './read.ts';

/** What else Harvester's webhook refuses a restore for, before anything is made of it. */
export function checkAdmission(seen: SeenPreflight): Check[] {
  return [checkNetworks(seen), checkSnapshotClasses(seen), checkOthers(seen), checkOldVolumes(seen)];
}

/** All of them, also those of a VM that would get along without. */
function checkNetworks({ missingNetworks, chain }: SeenPreflight): Check {
  const name = 'network';
  return ifKnown(name, missingNetworks, (absent) => {
    if (absent.length === 0) {
      const some = (chain?.backup.status?.source?.networks ?? []).length > 0;
      return {
        name,
        result: 'pass',
        message: some ? 'every network of the VM is there' : 'the VM is on no VM network',
      };
    }
    return {
      name,
      result: 'fail',
      message: `network ${absent.join(', ')} of the VM does not exist: Harvester refuses the restore`,
      cure: `create a VM network of that namespace and name; see \`kubectl get network-attachment-definitions -A\``,
    };
  });
}

function checkSnapshotClasses({ missingClasses }: SeenPreflight): Check {
  const name = 'snapshotclass';
  return ifKnown(name, missingClasses, (absent) =>
    absent.length === 0
      ? { name, result: 'pass', message: 'every VolumeSnapshotClass that the backup names is there' }
      : {
          name,
          result: 'fail',
          message: `VolumeSnapshotClass ${absent.join(', ')} does not exist: Harvester refuses the restore`,
          cure: 'create it anew; Harvester comes with longhorn and longhorn-snapshot',
        },
  );
}

/** Harvester knows MAC addresses only by the restores that gave them. */
function checkOthers({ others, wish }: SeenPreflight): Check {
  const name = 'restores';
  return ifKnown(name, others, (found) => {
    const clash = found.find(({ metadata, spec, status }) =>
      wish.newVM
        ? wish.keepMacAddress && spec.newVM === true && spec.keepMacAddress === true
        : metadata.namespace === wish.to && spec.target?.name === wish.machine && status?.complete !== true,
    );
    if (clash === undefined) return { name, result: 'pass', message: 'no other restore is in the way' };
    const other = `${clash.metadata.namespace}/${clash.metadata.name}`;
    return wish.newVM
      ? {
          name,
          result: 'fail',
          message: `restore ${other} has made a VM with the same MAC addresses`,
          cure: 'let the new VM have MAC addresses of its own',
        }
      : {
          name,
          result: 'fail',
          message: `restore ${other} onto the same VM is in progress`,
          cure: `gleaner explain vmrestore/${clash.metadata.name} -n ${clash.metadata.namespace}`,
        };
  });
}

function checkOldVolumes({ standingOn, chain, wish }: SeenPreflight): Check {
  const name = 'old volumes';
  if (wish.newVM || wish.retain === true) return { name, result: 'pass', message: 'no volume is deleted' };
  if (chain?.backup.spec.type === 'snapshot') {
    return {
      name,
      result: 'fail',
      message: 'a backup of type snapshot stands on the volumes that the restore would delete',
      cure: 'restore with the deletion policy retain',
    };
  }
  return ifKnown(name, standingOn, (found) =>
    found.length === 0
      ? { name, result: 'pass', message: 'no snapshot stands on the volumes that the restore deletes' }
      : {
          name,
          result: 'fail',
          message: `VM snapshot ${found.join(', ')} stands on the volumes that the restore would delete`,
          cure: 'restore with the deletion policy retain',
        },
  );
}
