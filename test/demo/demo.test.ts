/** The demo as `npm run demo` starts it, once with Gleaner and once without. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';

jest.setTimeout(300_000);

const program = fileURLToPath(new URL('../../cli/demo/main.ts', import.meta.url));

async function demo(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  // Jest gives a test up and lets its processes run on.
  const child = spawn(process.execPath, [program, ...argv], { timeout: 115_000 });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...said };
}

test('the story comes true, told while it happens and as one document', async () => {
  const { code, out, err } = await demo('-o', 'json');
  const report = JSON.parse(out);
  expect(report.checks.filter(({ ok }: any) => !ok)).toEqual([]);
  expect(report).toMatchObject({ kind: 'Demo', gleaner: true, ok: true });
  expect(Object.keys(report.coldStartsMs)).toEqual(expect.arrayContaining(['fix-handle', 'relink-vmbackup']));
  for (const starts of Object.values<number[]>(report.coldStartsMs)) expect(starts.length).toBeGreaterThanOrEqual(1);
  expect(err).toContain('It hangs');
  expect(code).toBe(0);
});

test('without Gleaner the restore goes on hanging, and the answer is 1', async () => {
  const { code, out } = await demo('--without-gleaner');
  expect(code).toBe(1);
  expect(out).toMatch(/\nNO +the hanging restore completes by itself +0 of 2 claims Bound\n/);
});
