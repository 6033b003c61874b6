import { isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { ConfigFault } from './driver-config-faults.ts';
import { faultsOf } from './driver-config-faults.ts';
import { judgeClass } from './judge.ts';
import { judgeVM } from './vm-support.ts';
import type { SeenClass, ClusterStorage } from './read.ts';
import { readClasses, readClusterStorage } from './read.ts';
import type { Capability } from './types.ts';
import { judgeVolume, readVolume } from './volume.ts';

/** The requested objects: all StorageClasses, volumes or VMs, or one of them. */
export interface Question {
  readonly kind: 'StorageClass' | 'PersistentVolumeClaim' | 'VirtualMachine';
  readonly name?: string | undefined;
  /** Of volumes and VMs. Default: all namespaces. */
  readonly namespace?: string | undefined;
}

/** The answers and their context. Every view of capabilities reads them from here. */
export interface Overview {
  /** Harvester's version; undefined if it is missing or may not be read. */
  readonly harvester: string | undefined;
  readonly capabilities: readonly Capability[];
  /** Faults of Harvester's list of CSI drivers. */
  readonly faults: readonly ConfigFault[];
}

/** Reads the same lists repeatedly: pass a caching reader. @throws what the reader throws */
export async function readOverview(reader: Reader, question: Question, nowMs: number): Promise<Overview> {
  const cluster = await readClusterStorage(reader);
  const { version } = cluster;
  return {
    harvester: isFound(version) ? version.found : undefined,
    capabilities: await capabilitiesFor(reader, question, cluster, nowMs),
    faults: faultsOf(cluster),
  };
}

async function capabilitiesFor(
  reader: Reader,
  question: Question,
  cluster: ClusterStorage,
  nowMs: number,
): Promise<Capability[]> {
  const classes: SeenClass[] = [];
  for await (const one of readClasses(reader, nowMs, cluster)) classes.push(one);
  const judgeClaim = async (claim: Parameters<typeof readVolume>[1]) =>
    judgeVolume(await readVolume(reader, claim, classes, cluster, nowMs));
  switch (question.kind) {
    case 'StorageClass':
      return classes.map(judgeClass).filter(({ subject: { name } }) => name === (question.name ?? name));
    case 'PersistentVolumeClaim': {
      const found: Capability[] = [];
      for await (const claim of objects(reader, 'PersistentVolumeClaim', question)) found.push(await judgeClaim(claim));
      return found;
    }
    case 'VirtualMachine': {
      const found: Capability[] = [];
      for await (const machine of objects(reader, 'VirtualMachine', question)) {
        const volumes = new Map<string, Capability>();
        for (const { claim: name } of machine.spec.claims) {
          const claim = await reader.get('PersistentVolumeClaim', name, machine.metadata.namespace);
          if (claim !== undefined) volumes.set(name, await judgeClaim(claim));
        }
        found.push(judgeVM(machine, volumes, cluster));
      }
      return found;
    }
  }
}

async function* objects<K extends 'PersistentVolumeClaim' | 'VirtualMachine'>(
  reader: Reader,
  kind: K,
  { name, namespace }: Question,
) {
  if (name === undefined) {
    yield* reader.list(kind, namespace === undefined ? {} : { namespace });
    return;
  }
  const one = await reader.get(kind, name, namespace);
  if (one !== undefined) yield one;
}
