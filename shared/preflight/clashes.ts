import type { Check } from './checks.ts';
import { ifKnown } from './checks.ts';
import type { SeenPreflight } from './read.ts';

/** Whether something there is in the way: a VM of the name, its MAC addresses, secrets that are not there. */
export function checkClashes(seen: SeenPreflight): Check[] {
  return [checkName(seen), checkMacs(seen), checkSecrets(seen)];
}

function checkName({ machine, wish }: SeenPreflight): Check {
  const name = 'vm';
  const vm = `${wish.to}/${wish.machine ?? ''}`;
  return ifKnown(name, machine, (found): Check => {
    if (wish.newVM) {
      if (!DNS_NAME.test(wish.machine ?? '')) {
        return { name, result: 'fail', message: `${wish.machine} is no name for a VM`, cure: 'give it another' };
      }
      if (found === undefined) return { name, result: 'pass', message: `the name ${vm} is free` };
      const uid = found.metadata.uid;
      if (
        wish.restore?.metadata.ownerReferences?.some((owner) => owner.uid === uid) ||
        madeSince(found, wish.restore)
      ) {
        return { name, result: 'pass', message: `VM ${vm} is the one that this restore makes` };
      }
      return { name, result: 'fail', message: `there is a VM ${vm} already`, cure: 'restore under another name' };
    }
    if (found === undefined) {
      return { name, result: 'fail', message: `there is no VM ${vm} to restore over`, cure: 'restore to a new VM' };
    }
    const status = found.status?.printableStatus;
    return status === undefined || status === null || /^(Stopped|Halted)$/.test(status)
      ? { name, result: 'pass', message: `VM ${vm} is there${status ? ' and stopped' : ''}` }
      : { name, result: 'fail', message: `VM ${vm} is ${status}`, cure: `virtctl stop ${wish.machine} -n ${wish.to}` };
  });
}

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Harvester makes the VM in the same pass as the claims: it may be there before anybody looks. */
function madeSince(
  found: { metadata: { creationTimestamp?: string | null | undefined } },
  restore: SeenPreflight['wish']['restore'],
): boolean {
  const [made, asked] = [found.metadata.creationTimestamp, restore?.metadata.creationTimestamp].map((time) =>
    Date.parse(time ?? ''),
  );
  return restore?.status !== undefined && (made ?? NaN) >= (asked ?? NaN);
}

function checkMacs({ macUsers, wish, chain }: SeenPreflight): Check {
  const name = 'mac';
  const macs = chain?.backup.status?.source?.macAddresses ?? [];
  if (wish.newVM && !wish.keepMacAddress) {
    return { name, result: 'pass', message: 'the new VM gets MAC addresses of its own' };
  }
  if (macs.length === 0) return { name, result: 'pass', message: 'the VM has no fixed MAC address' };
  return ifKnown(name, macUsers, (users): Check => {
    const [clash] = users;
    if (clash === undefined) return { name, result: 'pass', message: 'no other VM has its MAC addresses' };
    const message = `MAC address ${clash[0]} is that of VM ${clash[1]} too`;
    return { name, result: 'fail', message, cure: 'let the new VM have MAC addresses of its own' };
  });
}

function checkSecrets({ chain }: SeenPreflight): Check {
  const name = 'secrets';
  const kept = new Set((chain?.backup.status?.secretBackups ?? []).map((secret) => secret.name));
  const needed = chain?.backup.status?.source?.secretNames ?? [];
  const missing = needed.filter((secret) => !kept.has(secret));
  if (missing.length === 0)
    return { name, result: 'pass', message: 'the backup holds every secret that the VM refers to' };
  const message = `the VM refers to secret ${missing.join(', ')}, which the backup does not hold`;
  return { name, result: 'warn', message, cure: 'create it in the target namespace before the VM starts' };
}
