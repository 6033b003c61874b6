import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../figure.ts';
import { distanceFigure, median, ratioFigure } from '../figure.ts';

const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const cli = here('../dist/gleaner.js');

/** `gleaner scan` of a large cluster: its time against raw lists of the same pages, its memory against a small cluster. */
export async function scan(count: number, rounds: number): Promise<Figure[]> {
  const [small, large] = [await startLists(1_000), await startLists(count)];
  const raw: Run[] = [];
  const scanned: Run[] = [];
  const few: Run[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      raw.push(await run([here('raw-lists.cjs'), large.url]));
      scanned.push(await run([cli, 'scan', '--kubeconfig', large.kubeconfig]));
      few.push(await run([cli, 'scan', '--kubeconfig', small.kubeconfig]));
    }
  } finally {
    small.stop();
    large.stop();
  }
  const [ms, mib] = [(of: Run) => of.ms, (of: Run) => of.peakMiB];
  return [
    ratioFigure({
      name: `scan of ${count} contents, time`,
      unit: 'ms',
      value: median(scanned.map(ms)),
      baseline: median(raw.map(ms)),
      goal: 1.3,
      note: 'gleaner scan, start included, against raw paginated lists of the same objects (Backups, BackupVolumes, contents, snapshots, VMBackups), parsed and dropped',
    }),
    distanceFigure({
      name: `scan of ${count} contents, memory`,
      unit: 'MiB RSS at the peak',
      value: median(scanned.map(mib)),
      baseline: median(few.map(mib)),
      goal: 30,
      note: 'gleaner scan, against the same of 1,000 contents; the ratio is the difference',
    }),
  ];
}

interface Run {
  readonly ms: number;
  readonly peakMiB: number;
}

async function run(args: string[]): Promise<Run> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMiB = 0;
  const watch = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child.pid))), 20);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { ms: performance.now() - startMs, peakMiB };
}

/** Peak RSS from the kernel; 0 on systems other than Linux. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function startLists(count: number) {
  const args = [here('list-server.ts'), String(count)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  const kubeconfig = join(mkdtempSync(join(tmpdir(), 'gleaner-bench-')), 'kubeconfig');
  const config = {
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return { url, kubeconfig, stop: () => void child.kill() };
}
