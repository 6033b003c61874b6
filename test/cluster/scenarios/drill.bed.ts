/**
 * A restore drill, through the real provisioner and Longhorn's CSI controller: the volumes of a VM backup are restored into a
 * scratch namespace, and all of it is removed again without a backup being deleted. Killed in the middle, again and again,
 * the next run leaves nothing behind.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { kubeconfigOf } from '../control-plane.ts';
import { setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import drillRestore from '../../../functions/drill-restore/index.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import { sweep } from '../../../shared/runtime/sweep.ts';
import { gleaner } from './command-line.ts';
import { backupsOf } from './end-state.ts';
import { installAccounts } from './gleaner.ts';
import { backUp, backupRef, isReady, makeMachine } from './machines.ts';

const TITLE = 'drill';
const NAMESPACE = 'gleaner-drill';
const MAIN = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
const KINDS = [
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'PersistentVolume'],
  ['v1', 'Pod'],
  ['snapshot.storage.k8s.io/v1', 'VolumeSnapshot'],
  ['snapshot.storage.k8s.io/v1', 'VolumeSnapshotContent'],
  ['longhorn.io/v1beta2', 'Volume'],
] as const;
const nightly = backupRef('prod', 'web-nightly');

describe('a restore drill, Harvester 1.8.0 on Longhorn 1.8.1', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  let before: string[];
  let backups: Record<string, string>;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.8.0', longhorn: '1.8.1' } });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    await makeMachine(client, { namespace: 'prod', name: 'web', disks: 2 });
    await backUp(client, { namespace: 'prod', machine: 'web', name: nightly.name });
    accounts = await installAccounts(bed, client);
    before = await everything();
    backups = await backupsOf(client);
  }, 300_000);
  afterAll(() => down(TITLE));

  async function everything(): Promise<string[]> {
    const found: string[] = [];
    for (const [apiVersion, kind] of KINDS)
      for (const { metadata } of await client.list(apiVersion, kind)) found.push(`${kind} ${metadata.name}`);
    return found.sort();
  }

  async function leavesNothing(): Promise<void> {
    await until(
      'the drill to have left nothing',
      async () => (await everything()).join() === before.join(),
      30_000,
    ).catch(async () => expect(await everything()).toEqual(before));
    expect(await backupsOf(client)).toEqual(backups);
    expect(await deletedBackups(bed)).toEqual([]);
    expect(isReady(await client.find(nightly))).toBe(true);
  }

  test('proves the backup, records it, and leaves nothing', async () => {
    const { code, out } = await gleaner(bed, ['drill', nightly.name, '-n', 'prod']);
    expect(out).toMatch(/proved/);
    expect(code).toBe(0);
    await leavesNothing();
    const record = await client.find({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: NAMESPACE,
      name: 'gleaner-drills',
    });
    expect(JSON.stringify(record?.['data'])).toMatch(/web-nightly.*proved/);
    const events = await client.list('events.k8s.io/v1', 'Event', { namespace: 'prod' });
    expect(events.map((it) => it['reason'])).toContain('DrillProved');
  }, 120_000);

  /** Runs the command and kills it, without a chance to clean up, once it has told of so many writes. */
  async function killedAfter(writes: number): Promise<boolean> {
    const env = { ...process.env, KUBECONFIG: kubeconfigOf(bed.run, 'admin'), NODE_OPTIONS: '' };
    const child = spawn(process.execPath, [MAIN, 'drill', nightly.name, '-n', 'prod'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = 0;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text.split('\n').filter((line) => line.startsWith('  ')).length;
      if (told >= writes) child.kill('SIGKILL');
    });
    return new Promise((done) => child.on('close', (_code, signal) => done(signal === 'SIGKILL')));
  }

  test('killed at any step, the next run leaves nothing', async () => {
    let killed = 0;
    for (const writes of [1, 2, 4, 6, 8, 10, 12, 14]) {
      if (!(await killedAfter(writes))) break;
      killed++;
      expect(await deletedBackups(bed)).toEqual([]);
      const { code } = await gleaner(bed, ['drill', '--clean']);
      expect([writes, code]).toEqual([writes, 0]);
      await leavesNothing();
    }
    expect(killed).toBeGreaterThanOrEqual(5);
  }, 300_000);

  test('killed and not cleaned up, the next drill of the same backup proves it and leaves nothing', async () => {
    expect(await killedAfter(6)).toBe(true);
    const { code } = await gleaner(bed, ['drill', nightly.name, '-n', 'prod']);
    expect(code).toBe(0);
    await leavesNothing();
  }, 120_000);

  test('the function does the same by sweeps, with no more rights than its account has', async () => {
    const account = await connect({ kubeconfig: accounts['drill-restore']! });
    const { reader, writer } = account;
    const after = new Date().toISOString();
    const config = drillRestore.config.parse({ drills: 'on', after });
    try {
      await until(
        'the drill to be over',
        async () => {
          let wrote = 0;
          const reasons: string[] = [];
          for await (const it of sweep({
            functions: [drillRestore],
            reader,
            applier: createApplier(reader, writer),
            configOf: () => config,
          })) {
            if (it.kind === 'failure') throw it.error;
            if (it.kind !== 'outcome') continue;
            wrote += it.applied.filter(({ result }) => result === 'done').length;
            reasons.push(...it.outcome.plan.findings.map(({ reason }) => reason));
          }
          const record = await client.find({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            namespace: NAMESPACE,
            name: 'gleaner-drills',
          });
          const [entry] = Object.values<string>(record?.['data'] ?? {}).map((text) => JSON.parse(text));
          return wrote === 0 && entry?.proved?.at >= after && entry?.run === undefined;
        },
        90_000,
      );
    } finally {
      await account.close();
    }
    await leavesNothing();
  }, 120_000);
});
