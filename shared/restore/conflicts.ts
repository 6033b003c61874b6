import { isDeleting } from '../chain/metadata.ts';
import * as names from '../domain/names.ts';
import type { ObjectOf } from '../objects/types.ts';
import type { Check } from './check.ts';
import { ifKnown } from './check.ts';
import type { SeenPreflight } from './seen-preflight.ts';

/**
 * What in the target namespace conflicts with the restored VM: its name, its MAC addresses, missing secrets. One check
 * each.
 */
export function checkConflicts(seen: SeenPreflight): Check[] {
  return [checkName(seen), checkMacs(seen), checkSecrets(seen)];
}

function checkName({ machine, instance, request }: SeenPreflight): Check {
  const name = 'vm';
  const vm = `${request.to}/${request.machine ?? ''}`;
  return ifKnown(name, machine, (found): Check => {
    if (found !== undefined && isMadeBy(found, request.restore)) {
      return { name, result: 'pass', message: `VM ${vm} was created by this restore` };
    }
    if (request.newVM) {
      if (!DNS_NAME.test(request.machine ?? '') || (request.machine ?? '').length > LONGEST_LABEL) {
        return {
          name,
          result: 'fail',
          message: `${request.machine} is not a valid VM name`,
          cure: 'choose another name',
        };
      }
      const another = 'restore under another name';
      if (found !== undefined) return { name, result: 'fail', message: `VM ${vm} already exists`, cure: another };
      return ifKnown(name, instance, (runs) =>
        runs === undefined
          ? { name, result: 'pass', message: `the name ${vm} is free` }
          : { name, result: 'fail', message: `a VM instance ${vm} runs without a VM`, cure: another },
      );
    }
    if (found === undefined) {
      return {
        name,
        result: 'fail',
        message: `VM ${vm}, which the restore would replace, does not exist`,
        cure: 'restore to a new VM',
      };
    }
    if (isDeleting(found)) {
      return { name, result: 'fail', message: `VM ${vm} is being deleted`, cure: 'restore to a new VM' };
    }
    return checkStopped(found, vm, `virtctl stop ${request.machine} -n ${request.to}`);
  });
}

/** Harvester refuses to replace a VM only if it is ready. */
function checkStopped({ status }: ObjectOf<'VirtualMachine'>, vm: string, cure: string): Check {
  const name = 'vm';
  const { printableStatus: said, ready } = status ?? {};
  if (ready === true) return { name, result: 'fail', message: `VM ${vm} is ${said ?? 'running'}`, cure };
  if (!said || /^(Stopped|Halted)$/.test(said)) {
    return { name, result: 'pass', message: `VM ${vm} exists${said ? ' and is stopped' : ''}` };
  }
  return { name, result: 'warn', message: `VM ${vm} is ${said}, neither ready nor stopped`, cure };
}

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Kubernetes' limit for label values: Harvester writes the name of the VM into a label. */
const LONGEST_LABEL = 63;

/** Whether this restore created the VM. Harvester creates it together with the claims, maybe before the first check. */
function isMadeBy({ metadata }: ObjectOf<'VirtualMachine'>, restore: SeenPreflight['request']['restore']): boolean {
  if (restore === undefined) return false;
  const { name, uid, ownerReferences } = restore.metadata;
  return (
    ownerReferences?.some((owner) => owner.uid === metadata.uid) === true ||
    metadata.annotations?.[names.LAST_RESTORE_ANNOTATION] === `${name}-${uid}`
  );
}

function checkMacs(seen: SeenPreflight): Check {
  const name = 'mac';
  const { macUsers, request, chain, source } = seen;
  const macs = chain?.backup.status?.source?.macAddresses ?? [];
  if (request.newVM && !request.keepMacAddress) {
    return { name, result: 'pass', message: 'the new VM gets its own MAC addresses' };
  }
  const cure = request.newVM
    ? 'let the new VM get its own MAC addresses'
    : 'give the other VM another MAC address, or delete it';
  const judged = (): Check => {
    if (macs.length === 0) return { name, result: 'pass', message: 'the VM has no fixed MAC address' };
    return ifKnown(name, macUsers, (users): Check => {
      const [clash] = users;
      if (clash === undefined) return { name, result: 'pass', message: 'no other VM has its MAC addresses' };
      return { name, result: 'fail', message: `VM ${clash[1]} also has MAC address ${clash[0]}`, cure };
    });
  };
  if (!request.newVM) return judged();
  return ifKnown(name, source, (found) => {
    const uid = chain?.backup.status?.sourceUID;
    // Harvester does not check whether the source VM has any MAC address.
    if (found === undefined || !uid || found.metadata.uid !== uid) return judged();
    const { namespace, name: vm } = found.metadata;
    const message = `the source VM ${namespace}/${vm} still exists: Harvester refuses a second VM with its MAC addresses`;
    return { name, result: 'fail', message, cure };
  });
}

function checkSecrets({ chain }: SeenPreflight): Check {
  const name = 'secrets';
  const kept = new Set((chain?.backup.status?.secretBackups ?? []).map((secret) => secret.name));
  const needed = chain?.backup.status?.source?.secretNames ?? [];
  const missing = needed.filter((secret) => !kept.has(secret));
  if (missing.length === 0)
    return { name, result: 'pass', message: 'the backup contains every secret that the VM references' };
  const message = `the VM references secret ${missing.join(', ')}, which the backup does not contain`;
  return { name, result: 'warn', message, cure: 'create it in the target namespace before the VM starts' };
}
