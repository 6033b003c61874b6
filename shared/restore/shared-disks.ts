import type { Reader } from '../ports/reader.ts';
import type { VMBackup } from '../objects/types.ts';
import { isFound } from '../ports/attempt.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { SeenPreflight, RestoreRequest } from './seen-preflight.ts';
import { seriesOf } from '../domain/releases.ts';

/** Disks that several VMs use: shareable ones, and volumes that more than one VM names. */

/**
 * Other VMs (`namespace/name`) by the name of the claim that they use in the namespace of the VMBackup. Empty, without
 * a read, if the restore deletes no claim (a new VM, or deletionPolicy retain) or the VMBackup does not exist.
 * @throws what listing VMs throws
 */
export async function readSharers(reader: Reader, request: RestoreRequest, backup: VMBackup | undefined) {
  const users = new Map<string, string>();
  if (backup === undefined || !deletes(request)) return users;
  const { namespace } = backup.metadata;
  for await (const { metadata, spec } of reader.list('VirtualMachine', { namespace })) {
    if (metadata.deletionTimestamp || metadata.name === request.machine) continue;
    for (const { claim } of spec.claims) users.set(claim, `${namespace}/${metadata.name}`);
  }
  return users;
}

const deletes = ({ newVM, retain }: RestoreRequest): boolean => !newVM && retain !== true;

/**
 * `fail` or `warn` if the restore would delete a volume that another VM uses, or copies a shareable disk. `unknown` if
 * it would delete a volume and the VMs could not be listed.
 */
export function checkSharedDisks(seen: SeenPreflight): Check {
  const { request, sharers, chain } = seen;
  const name = 'sharing';
  const copied = checkCopied(seen);
  if (!deletes(request) || chain === undefined) return copied;
  return ifKnown(name, sharers, (users) => {
    const { certain, claims } = deletedClaims(seen);
    const claim = claims.find((one) => users.has(one));
    if (claim === undefined) return copied;
    return {
      name,
      result: certain ? 'fail' : 'warn',
      message: `VM ${users.get(claim)} also uses volume ${claim}, which the restore would delete. Harvester’s webhook refuses the deletion, so the restore never completes, although the VM is restored`,
      cure: 'restore with deletionPolicy retain',
    };
  });
}

/**
 * The claims that Harvester deletes: up to 1.6 those of the backup, in 1.8 those of the VM now. 1.7 and 1.9 not
 * verified.
 */
function deletedClaims({ version, chain, source }: SeenPreflight): {
  readonly certain: boolean;
  readonly claims: readonly string[];
} {
  const release = isFound(version) ? seriesOf(version.found) : undefined;
  const recorded = (chain?.volumes ?? []).flatMap(({ entry }) => entry.persistentVolumeClaim?.metadata?.name ?? []);
  const present = isFound(source) ? (source.found?.spec.claims ?? []).map(({ claim }) => claim) : [];
  if (release !== undefined && release <= 106) return { certain: true, claims: recorded };
  if (release === 108 && isFound(source)) return { certain: true, claims: present };
  return { certain: false, claims: [...recorded, ...present] };
}

function checkCopied({ chain }: SeenPreflight): Check {
  const name = 'sharing';
  const shareable = chain?.backup.status?.source?.shareable ?? [];
  const disk = chain?.volumes.find(({ entry }) => shareable.includes(entry.volumeName))?.entry.volumeName;
  if (disk === undefined) return { name, result: 'pass', message: 'no disk is shared with another VM' };
  return {
    name,
    result: 'warn',
    message: `disk ${disk} is shareable: the restored VM gets its own copy, which no other VM uses`,
    cure: 'attach the restored volume to the VMs that should share it before you start any of them',
  };
}
