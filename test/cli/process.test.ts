/** The program as the shell sees it: the bin file, its exit codes, its streams, its end. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

jest.setTimeout(180_000);

const bin = fileURLToPath(new URL('../../bin/gleaner.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gleaner-bin-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(command: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(command, argv, { cwd: folder });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...said };
}

describe('the program', () => {
  test('answers with the exit code of its command, and errors on stderr', async () => {
    expect(await run(bin, 'functions', '-o', 'name')).toMatchObject({
      code: 0,
      out: expect.stringContaining('fix-handle'),
    });
    expect(await run(bin, 'prune')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^gleaner: unknown/),
    });
  });

  test('runs as kubectl’s plugin: by a link of that name', async () => {
    const plugin = join(folder, 'kubectl-gleaner');
    symlinkSync(bin, plugin);
    expect(await run(plugin, 'functions', '-o', 'name')).toMatchObject({ code: 0, err: '' });
  });

  test('ends quietly when nobody reads on', async () => {
    const { out, err } = await run('sh', '-c', `"${bin}" functions -o json | head -c 1`);
    expect({ out, err }).toEqual({ out: '[', err: '' });
  });
});

describe('gleaner sandbox', () => {
  const kubeconfig = join(folder, 'gleaner-sandbox.kubeconfig');
  let sandbox: ChildProcess;
  let told = '';
  beforeAll(async () => {
    sandbox = spawn(bin, ['sandbox', '--scenario', 'restore-hanging'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) =>
      sandbox.stdout!.on('data', (chunk: Buffer) => {
        told += chunk.toString();
        if (told.includes('Ctrl-C')) resolve();
      }),
    );
  });
  afterAll(() => void sandbox.kill());

  test('says how to use it, and writes a kubeconfig for its owner only', () => {
    expect(told).toMatch(/^Sandbox "restore-hanging" \(Harvester 1\.4, Longhorn 1\.8\) is at https:/);
    expect(told).toContain(`export KUBECONFIG=${kubeconfig}`);
    expect(statSync(kubeconfig).mode & 0o077).toBe(0);
  });

  test('scan, apply and scan again, in other processes', async () => {
    expect((await run(bin, 'scan', '--kubeconfig', kubeconfig)).code).toBe(1);
    const { code, out, err } = await run(bin, 'apply', '--kubeconfig', kubeconfig, '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out).kind).toBe('Apply');
    expect(err).toContain('fix-handle: create VolumeSnapshotContent');
    expect((await run(bin, 'scan', '--kubeconfig', kubeconfig)).code).toBe(0);
  });

  test('Ctrl-C ends it and takes the kubeconfig away', async () => {
    sandbox.kill('SIGINT');
    expect(await once(sandbox, 'exit')).toEqual([0, null]);
    expect(existsSync(kubeconfig)).toBe(false);
  });

  test('does not write over somebody else’s kubeconfig', async () => {
    writeFileSync(kubeconfig, 'apiVersion: v1\n');
    const { code, err } = await run(bin, 'sandbox');
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('is not a sandbox') });
  });
});
