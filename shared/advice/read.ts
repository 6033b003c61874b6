import type { ConfigFault } from '../capability/driver-config-faults.ts';
import { faultsOf } from '../capability/driver-config-faults.ts';
import { judgeClass } from '../capability/judge.ts';
import { readClasses, readClusterStorage } from '../capability/read.ts';
import type { Capability } from '../capability/types.ts';
import * as names from '../domain/names.ts';
import type { Attempted } from '../ports/attempt.ts';
import { attempt } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { SettingTarget } from '../objects/target.ts';

export interface SeenAdvice {
  readonly version: Attempted<string | undefined>;
  /** Descriptions of the CronJobs and PingSources that run Gleaner. */
  readonly sweeps: Attempted<readonly string[]>;
  /** Number of VMBackup volumes with an intact chain, and with a broken or unknown one. */
  readonly chain: Attempted<{ readonly sound: number; readonly broken: number; readonly first?: string }>;
  readonly target: Attempted<SettingTarget | undefined>;
  readonly faults: readonly ConfigFault[];
  /** Capabilities of the StorageClasses that volumes of VMs use. */
  readonly used: Attempted<readonly Capability[]>;
  /** Snapshots of single volumes, of VMs with several volumes. */
  readonly single: Attempted<readonly { readonly snapshot: string; readonly vm: string }[]>;
  readonly machines: Attempted<{ readonly running: number; readonly withoutAgent: readonly string[] }>;
}

/**
 * Reads each field independently: a failed read makes only that field `unknown`. `chain`: the result of a sweep of
 * verify-backup.
 */
export async function readAdvice(reader: Reader, chain: SeenAdvice['chain'], nowMs: number): Promise<SeenAdvice> {
  const cluster = await readClusterStorage(reader);
  return {
    version: cluster.version,
    sweeps: await attempt(() => readSweeps(reader)),
    chain,
    target: await attempt(async () => (await reader.get('Setting', names.TARGET_SETTING))?.target),
    faults: faultsOf(cluster),
    used: await attempt(async () => {
      const used = await usedClasses(reader);
      const found: Capability[] = [];
      for await (const one of readClasses(reader, nowMs, cluster)) {
        if (used.has(one.storageClass.metadata.name)) found.push(judgeClass(one));
      }
      return found;
    }),
    single: await attempt(() => readSingle(reader)),
    machines: await attempt(() => readMachines(reader)),
  };
}

async function readSweeps(reader: Reader): Promise<string[]> {
  const found: string[] = [];
  for await (const { metadata, schedule, runsGleaner } of reader.list('CronJob')) {
    if (runsGleaner) found.push(`CronJob ${metadata.namespace}/${metadata.name} (${schedule ?? 'no schedule'})`);
  }
  if (!(await reader.serves('PingSource'))) return found;
  for await (const { metadata, spec } of reader.list('PingSource', { labels: { [PART_OF]: names.FIELD_MANAGER } })) {
    found.push(`PingSource ${metadata.namespace}/${metadata.name} (${spec?.schedule ?? 'no schedule'})`);
  }
  return found;
}
const PART_OF = 'app.kubernetes.io/part-of';

/** `namespace/claim` → `namespace/VM`, for VMs with at least `least` claims. */
async function machinesByClaim(reader: Reader, least: number): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { metadata, spec } of reader.list('VirtualMachine')) {
    if (spec.claims.length < least) continue;
    for (const { claim } of spec.claims) {
      found.set(`${metadata.namespace}/${claim}`, `${metadata.namespace}/${metadata.name}`);
    }
  }
  return found;
}

async function usedClasses(reader: Reader): Promise<Set<string>> {
  const machines = await machinesByClaim(reader, 1);
  const found = new Set<string>();
  for await (const { metadata, spec } of reader.list('PersistentVolumeClaim')) {
    if (spec.storageClassName && machines.has(`${metadata.namespace}/${metadata.name}`))
      found.add(spec.storageClassName);
  }
  return found;
}

/** Snapshots of single volumes: Harvester makes the claim their owner, but the VMBackup for a snapshot of a VM. */
async function readSingle(reader: Reader): Promise<{ snapshot: string; vm: string }[]> {
  const machines = await machinesByClaim(reader, 2);
  const found: { snapshot: string; vm: string }[] = [];
  if (machines.size === 0) return found;
  for await (const { metadata, spec } of reader.list('VolumeSnapshot')) {
    const vm = machines.get(`${metadata.namespace}/${spec.source.persistentVolumeClaimName ?? ''}`);
    const ofVolume = metadata.ownerReferences?.some(({ kind }) => kind === 'PersistentVolumeClaim') === true;
    if (vm !== undefined && ofVolume) found.push({ snapshot: `${metadata.namespace}/${metadata.name}`, vm });
  }
  return found;
}

async function readMachines(reader: Reader): Promise<{ running: number; withoutAgent: string[] }> {
  let running = 0;
  const withoutAgent: string[] = [];
  for await (const { metadata, status } of reader.list('VirtualMachineInstance')) {
    if (status?.phase !== 'Running') continue;
    running++;
    const connected = status.conditions?.some((one) => one.type === 'AgentConnected' && one.status === 'True') === true;
    if (!connected) withoutAgent.push(`${metadata.namespace}/${metadata.name}`);
  }
  return { running, withoutAgent };
}
