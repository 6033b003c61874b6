import { readFile, rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import drillRestore from '../../functions/drill-restore/index.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';
import type { SandboxOptions } from '../../sandbox/index.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import { connect } from '../../shared/kube/client.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { Finding } from '../../shared/plan/plan.ts';
import { completedOrThrow, reconcile } from '../../shared/runtime/reconcile.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import type { World } from './world.ts';
import { inWorld, mortal } from './world.ts';

/** Drills as the deployed function does them: with the account and the rights of its manifest, and no others. */

export const NAMESPACE = 'gleaner-drill';
export const WEB = ref('VirtualMachineBackup', 'web-nightly', 'prod');

export interface Drilling extends World {
  readonly account: KubeClient;
}

export interface RunOptions {
  readonly policy?: Record<string, unknown>;
  readonly killAfter?: number;
  /** Minutes from now. */
  readonly later?: number;
}

export async function inDrillWorld<T>(
  scenario: SandboxOptions['scenario'],
  act: (world: Drilling) => Promise<T>,
): Promise<T> {
  return inWorld({ scenario: scenario ?? 'healthy' }, async (world) => {
    await world.sandbox.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gleaner' } });
    const text = await readFile(join(import.meta.dirname, '../../deploy/drill-restore.yaml'), 'utf8');
    for (const document of parseAllDocuments(text)) {
      const manifest = document.toJS() as KubeObject;
      const { kind } = manifest;
      if (['Namespace', 'ServiceAccount'].includes(kind) || /Role/.test(kind))
        await world.sandbox.client.create(manifest);
    }
    const folder = await mkdtemp(join(tmpdir(), 'gleaner-drilling-'));
    const kubeconfig = join(folder, 'kubeconfig');
    const token = world.sandbox.api.tokenFor('system:serviceaccount:gleaner:drill-restore');
    await writeFile(kubeconfig, world.sandbox.api.kubeconfig({ token }));
    const account = await connect({ kubeconfig, timeoutMs: 30_000 });
    try {
      return await act({ ...world, account });
    } finally {
      await account.close();
      await rm(folder, { recursive: true });
    }
  });
}

const configOf = (policy: RunOptions['policy']) => drillRestore.config.parse({ drills: 'on', ...policy });

/** One call: the next safe steps, for one subject. */
export async function step(world: Drilling, subject: Ref, options: RunOptions = {}): Promise<Finding[]> {
  const { reader, writer } = mortal(world.account, options.killAfter);
  const outcome = await reconcile(drillRestore, subject, {
    reader,
    applier: createApplier(reader, writer),
    config: configOf(options.policy),
    nowMs: () => Date.now() + (options.later ?? 0) * 60_000,
  });
  return [...completedOrThrow(outcome).plan.findings];
}

/** One sweep of the function, as the clock makes it. */
export async function tick(
  world: Drilling,
  options: RunOptions = {},
): Promise<{ findings: Finding[]; writes: number }> {
  const { reader, writer } = mortal(world.account, options.killAfter);
  const findings: Finding[] = [];
  let writes = 0;
  const swept = sweep({
    functions: [drillRestore],
    reader,
    applier: createApplier(reader, writer),
    configOf: () => configOf(options.policy),
    nowMs: () => Date.now() + (options.later ?? 0) * 60_000,
  });
  for await (const one of swept) {
    if (one.kind === 'failure') throw one.error;
    findings.push(...findingsOf(one));
    if (one.kind === 'outcome') writes += one.applied.filter(({ result }) => result === 'done').length;
  }
  return { findings, writes };
}

/** Sweeps until one writes nothing and nothing is under way, the controllers at work in between. */
export async function ticks(
  world: Drilling,
  options: RunOptions = {},
): Promise<{ findings: Finding[]; writes: number }> {
  let writes = 0;
  for (let round = 0; round < 30; round++) {
    const made = await tick(world, options);
    await world.sandbox.settle();
    writes += made.writes;
    if (made.writes === 0) return { findings: made.findings, writes };
  }
  throw new Error('the drill does not come to an end');
}

/** Everything that a drill can have made, but for its record. */
export async function leftovers({ sandbox: { client } }: World): Promise<string[]> {
  const all = await Promise.all(
    [
      'v1/PersistentVolumeClaim',
      'v1/Pod',
      'snapshot.storage.k8s.io/v1/VolumeSnapshot',
      'snapshot.storage.k8s.io/v1/VolumeSnapshotContent',
    ].map((kind) => client.list(kind)),
  );
  const marked = all.flat().filter(({ metadata }) => metadata.labels?.['gleaner.dev/drill'] !== undefined);
  const volumes = (await client.list('longhorn.io/v1beta2/Volume')).filter((volume) => volume['spec']?.fromBackup);
  const persistent = (await client.list('v1/PersistentVolume')).filter(
    (volume) => volume['spec'].claimRef?.namespace === NAMESPACE,
  );
  return [...marked, ...volumes, ...persistent].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

/** The record, by VMBackup. */
export async function recordOf({ sandbox: { client } }: World): Promise<Record<string, any>> {
  const record = await client.get('v1/ConfigMap', 'gleaner-drills', NAMESPACE);
  const entries = Object.values<string>(record?.['data'] ?? {}).map((text) => JSON.parse(text));
  return Object.fromEntries(entries.map((entry) => [entry.vmBackup, entry]));
}

export const eventsIn = async ({ sandbox: { client } }: World): Promise<string[]> =>
  (await client.list('events.k8s.io/v1/Event')).map((e) => `${e['type']} ${e['reason']} ${e['regarding'].name}`);
