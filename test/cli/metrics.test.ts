import { expect, test } from '@jest/globals';
import { parseExposition } from '../shared/runtime/exposition.ts';
import type { World } from './run.ts';
import { startWorld } from './run.ts';

async function inWorld(scenario: string, act: (world: World) => Promise<void>): Promise<void> {
  const world = await startWorld({ scenario });
  try {
    await act(world);
  } finally {
    await world.stop();
  }
}

test('prints one series per VMBackup and question, and writes nothing', async () => {
  await inWorld('mixed-volumes', async ({ run, writes, sandbox }) => {
    const { code, out, err } = await run('metrics');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(writes()).toBe(0);
    const families = parseExposition(out);
    const backups = await sandbox.client.list('harvesterhci.io/v1beta1/VirtualMachineBackup');
    const series = backups.map(({ metadata: m }) => `vmbackup_namespace="${m.namespace}",vmbackup="${m.name}"`);
    const restorable = families.get('gleaner_vmbackup_restorable')!.samples;
    expect([...restorable.keys()].sort()).toEqual(series.sort());
    expect([...restorable.values()]).toContain(0);
    // Only what was found right has a time at which it was.
    const verified = families.get('gleaner_vmbackup_last_verified_timestamp_seconds')?.samples ?? new Map();
    for (const [one, value] of restorable) expect([one, verified.has(one)]).toEqual([one, value === 1]);
    for (const seconds of verified.values()) expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(60);
  });
});

test('a cluster without troubles is restorable as a whole', async () => {
  await inWorld('healthy', async ({ run }) => {
    const families = parseExposition((await run('metrics')).out);
    const values = [...families.get('gleaner_vmbackup_restorable')!.samples.values()];
    expect(new Set(values)).toEqual(new Set([1]));
    expect(families.get('gleaner_sweep_last_success_timestamp_seconds')!.samples.size).toBe(1);
  });
});
