import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { secretMarkers } from '../../sandbox/scenarios/build.ts';
import type { World } from './run.ts';
import { startWorld } from './run.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ scenario: 'just-stopped' });
});
afterAll(() => world.stop());

test('the table of a scan is as it was: what a backup is worth is no trouble', async () => {
  const { code, out } = await world.run('scan');
  expect(code).toBe(0);
  expect(out).toMatch(/^Nothing needs attention; .*ConsistencyJustStopped 1/);
});

test('the wide table has a column for it, and a row where it is known', async () => {
  const { code, out } = await world.run('scan', '-o', 'wide');
  expect(code).toBe(0);
  expect(out).toMatch(/^NAMESPACE +OBJECT +VOLUME +VERDICT +REASON +CONSISTENCY +FUNCTION /);
  expect(out).toMatch(
    /\nprod +vmbackup\/web-nightly +leave +ConsistencyJustStopped +just-stopped +record-consistency /,
  );
});

test('the wide table of a plan is about what is to be done', async () =>
  expect((await world.run('plan', '-o', 'wide')).out).not.toContain('just-stopped'));

test('explain tells it with the advice, as text and as a document', async () => {
  const { out } = await world.run('explain', 'vmbackup/web-nightly', '-n', 'prod');
  expect(out).toMatch(
    /ConsistencyJustStopped\)\n.* s after the VM had stopped: .*run sync in the guest before you stop it/,
  );
  const { findings } = JSON.parse((await world.run('explain', 'vmbackup/web-nightly', '-n', 'prod', '-o', 'json')).out);
  const told = findings.find(({ function: by }: any) => by === 'record-consistency');
  expect(told.facts).toMatchObject({ consistency: 'just-stopped', freeze: 'false', spreadSeconds: expect.any(String) });
  expect(told.youCan).toContain('sync');
  for (const marker of secretMarkers) expect(out + JSON.stringify(findings)).not.toContain(marker);
});

test('apply, whose reader is at the terminal, writes nothing of it', async () => {
  const before = world.writes();
  expect((await world.run('apply')).err).toBe('');
  expect(world.writes()).toBe(before);
});
