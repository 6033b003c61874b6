import { isRemote } from '../../shared/chain/vmbackup.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { DrillEntry, VMBackup } from '../../shared/objects/types.ts';
import type { Config } from './config.ts';
import { observe } from './observe.ts';
import { isDue, lastResultMs, recordRef, runningIn } from './ledger.ts';
import { refusal } from './eligibility.ts';

/** At most this many VMBackups that are due but cannot be drilled are reported per sweep. */
const MOST_REFUSALS = 20;

/** Subjects of a sweep: the record (for leftovers), running drills, and as many due VMBackups as may start. */
export function scheduled(config: Config, nowMs: number): Routed {
  if (config.drills === 'off') return { subjects: [recordRef(config)] };
  return { search: (reader) => search(reader, config, nowMs) };
}

async function* search(reader: Reader, config: Config, nowMs: number): AsyncGenerator<Ref> {
  const at = recordRef(config);
  yield at;
  const record = await reader.get('ConfigMap', at.name, at.namespace);
  const running = runningIn(record);
  for (const [, { vmBackup }] of running) {
    const [namespace = '', name = ''] = vmBackup.split('/');
    yield ref('VirtualMachineBackup', name, namespace);
  }
  let free = config.drills === 'on' ? config.atOnce - running.length : 0;
  if (free <= 0) return;
  let refused = 0;
  const due = await dueOnes(reader, config, nowMs, record?.drills ?? {});
  for (const { metadata } of due) {
    const subject = ref('VirtualMachineBackup', metadata.name, metadata.namespace);
    const seen = await observe(reader, subject, nowMs, config);
    if (seen.is !== 'drill') return;
    const why = refusal(seen, config);
    if (why === undefined) {
      yield subject;
      if (--free === 0) return;
    } else if (refused++ < MOST_REFUSALS) yield subject;
    // A reason to wait holds for all of them.
    if (why?.[0] === 'DrillWaits') return;
  }
}

/** VMBackups that are due: never drilled first, then by age of the last result. */
async function dueOnes(
  reader: Reader,
  config: Config,
  nowMs: number,
  drills: Readonly<Record<string, DrillEntry>>,
): Promise<VMBackup[]> {
  const namespaces = new Set(
    config.of
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  );
  const due: VMBackup[] = [];
  const selected = config.selector === '' ? {} : { selector: config.selector };
  for await (const backup of reader.list('VirtualMachineBackup', selected)) {
    const { namespace, uid } = backup.metadata;
    if (namespaces.size > 0 && !namespaces.has(namespace)) continue;
    const isBackup = isRemote(backup) && backup.status?.readyToUse === true;
    if (isBackup && isDue(drills[uid], config, nowMs)) due.push(backup);
  }
  const age = ({ metadata }: VMBackup) => lastResultMs(drills[metadata.uid]);
  return due.sort((a, b) => age(a) - age(b));
}
