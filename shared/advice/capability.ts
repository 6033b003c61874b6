import { isFound } from '../ports/attempt.ts';
import type { Advice } from './types.ts';
import { notSeen } from './checks.ts';
import type { SeenAdvice } from './read.ts';

/** Whether the storage that VMs use is set up for snapshots. */
export function adviseCapability({ faults, used }: SeenAdvice): Advice[] {
  const advice = {
    name: 'snapshot-class-configured',
    practice: 'Configure a snapshot class for every CSI driver that VMs use',
    why: 'Harvester snapshots a VM only if csi-driver-config names a correct class for the driver of each of its volumes.',
  };
  const [fault] = faults;
  if (fault !== undefined) {
    const more = faults.length > 1 ? `, and ${faults.length - 1} more` : '';
    return [{ ...advice, result: 'advised', evidence: `${fault.message}${more}`, command: fault.cure }];
  }
  if (!isFound(used)) return [{ ...advice, ...notSeen(used), command: 'gleaner capability' }];
  // Skip storage that cannot take snapshots anyway: no configuration would change that.
  const open = used.found.filter(({ can, allows }) => can.snapshot.answer !== 'no' && allows.snapshot.answer === 'no');
  const fixable = open.find(({ allows }) => allows.snapshot.reason !== 'EngineRefused');
  if (fixable !== undefined) {
    const { subject, allows } = fixable;
    const command = allows.snapshot.cure ?? `gleaner capability sc/${subject.name}`;
    return [
      {
        ...advice,
        result: 'advised',
        evidence: `VMs use StorageClass ${subject.name}: ${allows.snapshot.message}`,
        command,
      },
    ];
  }
  const count = used.found.length;
  return [
    {
      ...advice,
      result: 'kept',
      evidence: count === 0 ? 'no VM has volumes' : `all ${count} StorageClasses that VMs use`,
      command: 'gleaner capability',
    },
  ];
}
