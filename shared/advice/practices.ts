import { createCommand } from '../domain/kubectl.ts';
import { isFound } from '../ports/attempt.ts';
import type { Advice } from './types.ts';
import { notSeen } from './checks.ts';
import type { SeenAdvice } from './read.ts';

/** Practices of taking snapshots. */
export function adviseHabits(seen: SeenAdvice): Advice[] {
  return [wholeMachines(seen), syncFirst(seen)];
}

function wholeMachines({ single }: SeenAdvice): Advice {
  const advice = {
    name: 'vm-level-snapshots',
    practice: 'Snapshot VMs, not single volumes of VMs that have several',
    why: 'A snapshot of a single volume does not include the other volumes or the VM, so the VM cannot be restored from it as a whole.',
  };
  if (!isFound(single)) return { ...advice, ...notSeen(single) };
  const [first] = single.found;
  if (first === undefined) {
    return { ...advice, result: 'kept', evidence: 'no such VM has a snapshot of a single volume' };
  }
  const { vm } = first;
  const [namespace = '', name = ''] = vm.split('/');
  const backup = {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineBackup',
    metadata: { generateName: `${name}-`, namespace },
    spec: { type: 'snapshot', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name } },
  };
  return {
    ...advice,
    result: 'advised',
    evidence: `${single.found.length} of them, such as ${first.snapshot} of VM ${vm}`,
    command: createCommand(backup),
  };
}

/** How many VMs a message names. */
const NAMED = 5;

function syncFirst({ machines }: SeenAdvice): Advice {
  const advice = {
    name: 'sync-first',
    practice: 'Run the guest agent, or run `sync` in the guest before you stop or snapshot the VM',
    why: 'Without the agent the file systems are not frozen, and data that the guest has not written yet is not in the snapshot.',
    command: 'in the guest: sudo sync   # once: install qemu-guest-agent and start it',
  };
  if (!isFound(machines)) return { ...advice, ...notSeen(machines) };
  const { running, withoutAgent } = machines.found;
  if (withoutAgent.length === 0) {
    const evidence = running === 0 ? 'no VM is running' : `the agent of all ${running} running VMs is connected`;
    return { ...advice, result: 'kept', evidence };
  }
  const some = withoutAgent.slice(0, NAMED).join(', ');
  const more = withoutAgent.length > NAMED ? `, and ${withoutAgent.length - NAMED} more` : '';
  return {
    ...advice,
    result: 'advised',
    evidence: `of ${running} running VMs, ${withoutAgent.length} have no agent connected: ${some}${more}`,
  };
}
