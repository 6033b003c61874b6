import { isDeleting } from '../../shared/chain/metadata.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { execCommand, getCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import type { VMBackup } from '../../shared/objects/types.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Reason } from '../../shared/plan/reason.ts';
import type { Config } from './config.ts';
import { factsFrom, freezeFailure, hangsFrozen, stillHolds } from './evidence.ts';
import type { Facts } from './facts.ts';
import { fill, spreadSeconds } from './facts.ts';
import { judge, reasonOf } from './judge.ts';
import { readNote } from './consistency-note.ts';
import type { Seen } from './observe.ts';
import { recordsOf } from './records.ts';

/** Reports how consistent the data of a VMBackup is, and records it while the evidence exists. Pure. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  const { subject, backup, parts } = seen;
  const name = describeRef(subject);
  const leave = (reason: Reason, what: string): Plan => ({
    findings: [{ subject, reason, message: `${name} ${what}`, actions: [] }],
  });
  if (backup === undefined) return leave('VMBackupGone', 'does not exist');
  if (isDeleting(backup)) return leave('VMBackupDeleting', 'is being deleted');

  const evidence = { ...seen, backup };
  const fresh = factsFrom(evidence, nowMs);
  const facts = fill(noted(backup, parts), typeof fresh === 'string' ? undefined : fresh);
  const live = [
    ...(hangsFrozen(evidence, nowMs) ? [guestFrozen(seen, backup)] : []),
    ...(freezeFailure(backup) === undefined ? [] : [freezeFailing(seen, backup)]),
  ];
  if (facts === undefined) {
    const why = `${name} has no known consistency: ${typeof fresh === 'string' ? fresh : ''}`;
    const unknown: Finding = {
      subject,
      reason: 'ConsistencyUnknown',
      message: why,
      facts: { consistency: 'unknown' },
      actions: [],
    };
    return { findings: [unknown, ...live] };
  }
  const { level, message } = judge(facts, { ...config, shareable: backup.status?.source?.shareable ?? [] });
  const finding: Finding = {
    subject,
    reason: reasonOf[level],
    message: `${name} ${message}`,
    facts: factsOf(level, facts),
    actions: [],
  };
  const records = level === 'unknown' ? [] : recordsOf(seen, { backup, facts, level, message: finding.message }, nowMs);
  return { findings: [finding, ...live], records };
}

/** The facts in the notes of all existing contents. */
const noted = (backup: VMBackup, parts: Seen['parts']): Facts | undefined =>
  parts
    .flatMap(({ content }) => (content === undefined ? [] : [readNote(content, backup)]))
    .filter((facts) => facts !== undefined && stillHolds(facts, backup, parts))
    .reduce(fill, undefined);

function factsOf(level: string, facts: Facts): Readonly<Record<string, string>> {
  const taken = Object.values(facts.volumes).map(({ takenMs }) => new Date(takenMs).toISOString());
  return {
    consistency: level,
    takenAt: taken.sort()[0] ?? '',
    spreadSeconds: String(spreadSeconds(facts)),
    ...(facts.freeze !== undefined && { freeze: String(facts.freeze) }),
    ...(typeof facts.machine === 'object' && { stoppedAt: new Date(facts.machine.stoppedMs).toISOString() }),
  };
}

const machineOf = ({ spec, metadata }: VMBackup) => ({ vm: spec.source?.name ?? '?', namespace: metadata.namespace });

function guestFrozen({ subject }: Seen, backup: VMBackup): Finding {
  const { vm, namespace } = machineOf(backup);
  return {
    subject,
    reason: 'GuestFrozen',
    message: `the file systems of VM ${namespace}/${vm} are still frozen long after ${describeRef(subject)} was taken`,
    command: execCommand(
      { namespace, labels: { 'vm.kubevirt.io/name': vm }, container: 'compute' },
      ...['virt-freezer', '--unfreeze', '--namespace', namespace, '--name', vm],
    ),
    actions: [],
  };
}

function freezeFailing({ subject }: Seen, backup: VMBackup): Finding {
  const { vm, namespace } = machineOf(backup);
  const agent = `{.metadata.annotations.${names.FREEZE_ANNOTATION.replaceAll('.', String.raw`\.`)}}`;
  return {
    subject,
    reason: 'FreezeFailing',
    message: `Harvester takes no snapshot for ${describeRef(subject)} because it cannot freeze the file systems of VM ${namespace}/${vm} (${freezeFailure(backup)}); it keeps retrying`,
    command: `${getCommand(subject, `jsonpath=${agent}`)}; ${getCommand(ref('VirtualMachineInstance', vm, namespace), 'jsonpath={.status.conditions[?(@.type=="AgentConnected")]}')}`,
    actions: [],
  };
}
