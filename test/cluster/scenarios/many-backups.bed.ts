/**
 * Scenario F: a thousand VM backups of three volumes each, a third of the handles wrong. One sweep repairs all of them.
 * What it costs is measured beside a script that does the least: calls, time, what others feel of it at the API server,
 * and the memory of the sweeping process. BACKUPS=<n> for another size. Figures go to the bed's folder as JSON.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as functions from '../../../functions/index.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, binaryFinder, down, up } from '../cluster.ts';
import { freePorts, kubeconfigOf, startApiServer, startEtcd } from '../control-plane.ts';
import { partsFor } from '../parts.ts';
import { processes, start, stop } from '../processes.ts';
import type { BedState } from '../state.ts';
import { ping } from './crashes.ts';
import { backupsOf, describedIn, repaired, worldOf } from './end-state.ts';
import type { Many } from './many.ts';
import { populate } from './many.ts';
import type { Line, Measured } from './measured.ts';

const TITLE = 'many-backups';
const COUNT = Number(process.env['BACKUPS'] ?? 1_000);
const CHOICE = { harvester: 'none', longhorn: '1.8.1' };
const MINUTE = 60_000;
/** Their default is 5 requests a second: both ways to repair would then wait for them alone, for most of an hour. */
const UNTHROTTLED = ['--kube-api-qps=1000', '--kube-api-burst=2000'];

/** Left to itself on a large machine, Node lets garbage lie. So the manifests say. */
const SMALL_HEAP = ['--max-old-space-size=160', '--max-semi-space-size=4'];
const DEPLOYED_LIMIT_MIB = 256;
/** What a function may need more after many looks than after the first. */
const FLAT = 1.25;
/** Above the goal for the time, of two runs one after the other. */
const NOISE = 0.5;
const LOOKS = Number(process.env['LOOKS'] ?? 12);
const ROOT = join(import.meta.dirname, '..', '..', '..');

interface Figures extends Measured {
  readonly memory: readonly Extract<Line, { memory: unknown }>['memory'][];
  /** What somebody else's small read took in the meantime. */
  readonly latencyMs: Latency;
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

describe(`${COUNT} VM backups of three volumes, a third of the handles wrong, on real snapshot controllers`, () => {
  let bed: BedState;
  let client: Client;
  let bin: (binary: string) => string;
  let world: Many;
  let backupsBefore: Record<string, string>;
  let idle: Latency;
  const figures: Record<string, Figures> = {};

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: CHOICE });
    bin = await binaryFinder(partsFor(CHOICE));
    client = await adminClient(bed);
    // The data-plane double reads every Backup four times a second; what it would note, the uids tell too.
    for (const name of ['data-plane', 'csi-provisioner', ...Object.keys(controllers()), 'kube-controller-manager'])
      await stop(bed.run, name);
    world = await populate(bed, client, COUNT);
    backupsBefore = await backupsOf(client);
    await stopApi();
    await cp(join(bed.run, 'etcd'), join(bed.run, 'etcd-saved'), { recursive: true });
    await startApi();
    await startControllers();
    idle = await latencyDuring(client, () => sleep(5_000));
  }, 20 * MINUTE);
  afterAll(async () => {
    await writeFile(join(bed.run, 'figures.json'), JSON.stringify({ world: shape(world), idle, ...figures }, null, 2));
    await down(TITLE);
    await rm(join(bed.run, 'etcd-saved'), { recursive: true, force: true });
  });

  const controllers = () => ({
    'snapshot-controller': ['--worker-threads=10'],
    'csi-snapshotter': ['--worker-threads=10', `--csi-address=${join(bed.run, 'csi.sock')}`],
  });
  async function startControllers(): Promise<void> {
    for (const [name, args] of Object.entries(controllers()))
      await start(bed.run, {
        name,
        command: bin(name),
        args: [`--kubeconfig=${kubeconfigOf(bed.run, name)}`, ...UNTHROTTLED, ...args],
        ready: (log) => /Starting (snapshot controller|CSI snapshotter)/.test(log),
      });
    await sleep(5_000); // they look at everything once
  }
  async function stopApi(): Promise<void> {
    await stop(bed.run, 'kube-apiserver');
    await stop(bed.run, 'etcd');
  }
  async function startApi(): Promise<void> {
    await startEtcd(bed, bin);
    await startApiServer(bed, bin);
    await until('every kind to be served from a warm cache', async () => {
      await Promise.all([worldOf(client), backupsOf(client)]);
      return true;
    });
  }

  async function measure(program: string): Promise<Figures> {
    const memory: Figures['memory'][number][] = [];
    let done: Measured | undefined;
    const latencyMs = await latencyDuring(client, async () => {
      const child = spawn(
        process.execPath,
        [...SMALL_HEAP, join(import.meta.dirname, program), kubeconfigOf(bed.run, 'admin')],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const ended = new Promise<number | null>((close, fail) => child.on('error', fail).on('close', close));
      for await (const text of createInterface({ input: child.stdout })) {
        const line = JSON.parse(text) as Line;
        if ('memory' in line) memory.push(line.memory);
        else done = line.done;
      }
      expect(await ended).toBe(0);
    });
    if (!done) throw new Error(`${program} ended without a word`);
    return { ...done, memory, latencyMs };
  }

  async function allRepaired(): Promise<void> {
    const now = await worldOf(client);
    for (const it of world.backups) expect(describedIn(now, it)).toEqual(repaired(it));
    expect(await backupsOf(client)).toEqual(backupsBefore);
  }

  test(
    'each function, as deployed, looks at all of it again and again in the memory its manifest allows',
    async () => {
      await promisify(execFile)(process.execPath, ['build.ts'], { cwd: ROOT });
      const peaks: Record<string, number[]> = {};
      for (const { name } of Object.values<AnyFunction>(functions)) peaks[name] = await peaksOf(bed, name, LOOKS);
      process.stdout.write(`peak memory after each look (MiB): ${JSON.stringify(peaks)}\n`);
      for (const all of Object.values(peaks)) {
        expect(all.at(-1)).toBeLessThan(DEPLOYED_LIMIT_MIB);
        expect(all.at(-1)).toBeLessThan(FLAT * all[0]!);
      }
    },
    30 * MINUTE,
  );

  test(
    'one sweep repairs all, and touches no Longhorn backup',
    async () => {
      figures['sweep'] = await measure('sweeping.ts');
      expect(figures['sweep'].failures).toEqual([]);
      await until('the old pairs to be gone', async () => allRepaired().then(() => true), MINUTE);
    },
    30 * MINUTE,
  );

  test(
    'so does the script with the least writes, from the same beginning',
    async () => {
      for (const name of Object.keys(controllers())) await stop(bed.run, name);
      await stopApi();
      await rm(join(bed.run, 'etcd'), { recursive: true });
      await cp(join(bed.run, 'etcd-saved'), join(bed.run, 'etcd'), { recursive: true });
      await startApi();
      await startControllers();
      figures['script'] = await measure('least-writes.ts');
      await until('the old pairs to be gone', async () => allRepaired().then(() => true), MINUTE);
    },
    30 * MINUTE,
  );

  test('the sweep is about as quick as the script, and its memory stays flat', () => {
    const { sweep, script } = figures as Record<'sweep' | 'script', Figures>;
    process.stdout.write(report(world, idle, sweep, script));
    // Seen: 1.26 of a thousand. Two runs on a machine that others use as well differ; calls do not.
    expect(sweep.wallMs / script.wallMs).toBeLessThan(1.3 + NOISE);
    expect(sweep.calls.writes).toBeLessThan(1.05 * script.calls.writes);
    // Three are needed, each before a write; now and then a plan is made anew because a controller wrote in between.
    expect(sweep.calls.gets).toBeLessThan(3.5 * world.wrong);
    const used = sweep.memory.map(({ heapMiB, externalMiB }) => heapMiB + externalMiB);
    const half = Math.ceil(used.length / 2);
    expect(Math.max(...used.slice(half))).toBeLessThan(1.2 * Math.max(...used.slice(0, half)));
  });
});

/** Most memory that a function, from the bundle and with the manifest's settings, has ever had after each of some sweeps. */
async function peaksOf(bed: BedState, name: string, looks: number): Promise<number[]> {
  const { port } = await freePorts(['port']);
  await start(bed.run, {
    name,
    command: process.execPath,
    args: [join(ROOT, 'dist', 'serve.cjs')],
    env: {
      ...{ FUNCTION: name, PORT: String(port), GLEANER_MODE: 'observe', NODE_OPTIONS: SMALL_HEAP.join(' ') },
      KUBECONFIG: kubeconfigOf(bed.run, 'admin'),
    },
    ready: (log) => log.includes('listening'),
  });
  const pid = (await processes(bed.run)).find((it) => it.name === name)!.pid;
  const peaks: number[] = [];
  for (let look = 0; look < looks; look++) {
    expect(await ping(`http://127.0.0.1:${port}/`, `look-${look}`)).toBeLessThan(300);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    peaks.push(Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024));
  }
  await stop(bed.run, name);
  return peaks;
}

/** Small reads by somebody who has nothing to do with it, twenty a second. */
async function latencyDuring(client: Client, work: () => Promise<unknown>): Promise<Latency> {
  const took: number[] = [];
  let stopped = false;
  const probing = (async () => {
    while (!stopped) {
      const began = performance.now();
      await client.find({ apiVersion: 'v1', kind: 'Namespace', name: 'default' });
      took.push(performance.now() - began);
      await sleep(50);
    }
  })();
  await work();
  stopped = true;
  await probing;
  took.sort((a, b) => a - b);
  const at = (share: number) => Math.round(10 * took[Math.floor(share * (took.length - 1))]!) / 10;
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: took.length };
}

const shape = ({ backups, wrong }: Many) => ({
  vmBackups: backups.length,
  volumes: backups.flatMap(({ disks }) => disks).length,
  wrong,
});

function report(world: Many, idle: Latency, sweep: Figures, script: Figures): string {
  const { vmBackups, volumes, wrong } = shape(world);
  const told = (name: string, { wallMs, calls, rounds, latencyMs, memory }: Figures) => [
    `${name}: ${(wallMs / 1000).toFixed(1)} s, ${calls.gets} gets, ${calls.lists} lists, ${calls.writes} writes in ${rounds} rounds`,
    `  per repaired volume ${((calls.gets + calls.lists + calls.writes) / wrong).toFixed(2)} calls, ${(calls.writes / wrong).toFixed(2)} of them writes`,
    `  latency for others p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`,
    `  memory (MiB, in ten steps) ${tenOf(memory.map((it) => `${it.rssMiB}/${it.heapMiB}+${it.externalMiB}`)).join(' ')}`,
  ];
  return [
    `${vmBackups} VM backups, ${volumes} volumes, ${wrong} of them wrong`,
    `idle: latency p50 ${idle.p50} ms, p99 ${idle.p99} ms, max ${idle.max} ms`,
    ...told('sweep', sweep),
    ...told('script', script),
    `sweep to script: ${(sweep.wallMs / script.wallMs).toFixed(2)}`,
    '',
  ].join('\n');
}

const tenOf = <T>(all: readonly T[]): T[] =>
  all.length <= 10 ? [...all] : Array.from({ length: 10 }, (_, i) => all[Math.floor((i * (all.length - 1)) / 9)]!);
