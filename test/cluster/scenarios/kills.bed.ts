/**
 * Scenario E: in the middle of a repair one of the programs is killed with -9: a Gleaner function, the API server, etcd
 * (which syncs to disk here), or the CSI snapshotter. Once it is back, one sweep brings everything right.
 * SEEDS=<n> kills each program at n moments, by turns while a hanging restore is helped and while pairs are replaced.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { Client } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { freePorts } from '../control-plane.ts';
import { setBackupTarget } from '../harvester.ts';
import type { Program } from '../processes.ts';
import { start } from '../processes.ts';
import type { BedState } from '../state.ts';
import { deletedBackups } from '../storage.ts';
import { afterWrites, crash, dead, tick } from './crashes.ts';
import { backupsOf, comesThrough, described, repaired } from './end-state.ts';
import { installAccounts, settleAll } from './gleaner.ts';
import { leftover } from './leftovers.ts';
import { claimsOf, eventsOf, restore } from './machines.ts';
import { randomFrom } from './racing.ts';

const TITLE = 'kills';
const NAMESPACE = 'prod';
const functionNames = ['fix-handle', 'relink-vmbackup'] as const;

/** Victims, and how one sees that they are back. */
const victims: Readonly<Record<string, Program['ready']>> = {
  'fix-handle': (log) => log.includes('listening'),
  'relink-vmbackup': (log) => log.includes('listening'),
  'kube-apiserver': () => true,
  etcd: () => true,
  'csi-snapshotter': (log) => log.includes('Starting CSI snapshotter'),
};

const cases = Array.from({ length: Number(process.env['SEEDS'] ?? 1) }, (_, round) =>
  Object.keys(victims).map((victim, i) => {
    const hanging = (round + i) % 2 === 0;
    const what = hanging ? 'a hanging restore is helped' : 'pairs are replaced';
    return { victim, hanging, seed: round * 10 + i, what };
  }),
).flat();

describe('programs killed in the middle of a repair, Harvester 1.4.2 on Longhorn 1.8.1, etcd with fsync', () => {
  let bed: BedState;
  let client: Client;
  let accounts: Record<string, string>;
  let urls: Record<string, string>;

  beforeAll(async () => {
    bed = await up({ name: TITLE, choice: { harvester: '1.4.2', longhorn: '1.8.1' }, fsync: true });
    client = await adminClient(bed);
    await setBackupTarget(bed, client, { refreshIntervalInSeconds: 60 });
    accounts = await installAccounts(bed, client);
    const ports = await freePorts(functionNames);
    for (const name of functionNames) await start(bed.run, functionProcess(name, ports[name]));
    urls = Object.fromEntries(functionNames.map((name) => [name, `http://127.0.0.1:${ports[name]}/`]));
  });
  afterAll(() => down(TITLE));

  const functionProcess = (name: (typeof functionNames)[number], port: number): Program => ({
    name,
    command: process.execPath,
    args: [join(import.meta.dirname, '../../../functions/serve.ts')],
    env: { FUNCTION: name, PORT: String(port), KUBECONFIG: accounts[name]! },
    ready: victims[name]!,
  });

  test.each(cases)('seed $seed: $victim dies while $what', async ({ victim, hanging, seed }) => {
    const random = randomFrom(seed + 1);
    const name = `web-${seed}`;
    const it = await leftover(bed, client, { namespace: NAMESPACE, name, machine: name });
    const elsewhere = { namespace: `finance-${seed}`, name: 'first' };
    if (hanging) {
      await restore(client, { ...elsewhere, backup: it.ref, machine: `${name}-copy` });
      for (const claim of await claimsOf(client, elsewhere.namespace, elsewhere.name, it.disks.length))
        await until('the claim to say why it is not provisioned', async () =>
          (await eventsOf(client, elsewhere.namespace, claim.metadata.name)).some((text) => /NotFound/.test(text)),
        );
    }
    const before = await backupsOf(client);

    const by = functionNames.includes(victim as never)
      ? `system:serviceaccount:gleaner:${victim}`
      : 'system:serviceaccount:gleaner:';
    const most = victim === 'relink-vmbackup' ? (hanging ? 2 : 9) : hanging ? 22 : 13;
    const moment = 1 + Math.floor(most * random());
    const repair = afterWrites(bed, { by, count: moment, timeoutMs: 10_000 });
    const ticks = tick(urls, 250);
    const seen = await repair;
    const comeBack = await crash(bed, victim);
    // A server that has just come back may know neither rights nor kinds for a moment; Gleaner is ticked through that.
    const early = victim === 'kube-apiserver' || victim === 'etcd' ? [] : await ticks.stop();
    await comeBack(victims[victim]!);
    await until('the API server to be ready', async () => (await client.raw('GET', '/readyz')).status === 200, 60_000);
    const answers = [...early, ...(await ticks.stop())];
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status >= 400 && status < 500)).toEqual([]); // those are not delivered again
    expect(await dead(bed)).toEqual([]);

    const settled = await settleAll(accounts);
    expect(settled.failures).toEqual([]);
    process.stdout.write(
      `seed ${seed}: ${victim} killed after write ${seen} of Gleaner's; ${settled.writes.length} writes finished it\n`,
    );
    if (hanging) {
      await comesThrough(client, it, elsewhere);
      await settleAll(accounts);
    }
    expect(await described(client, it)).toEqual(repaired(it));
    expect(await backupsOf(client)).toEqual(before);
    expect(await deletedBackups(bed)).toEqual([]);

    await restore(client, { namespace: NAMESPACE, name: `again-${seed}`, backup: it.ref, machine: `${name}-again` });
    await comesThrough(client, it, { namespace: NAMESPACE, name: `again-${seed}` });
  });

  test('nothing is left to repair, and no backup was deleted by anybody', async () => {
    expect(await settleAll(accounts)).toMatchObject({ writes: [], failures: [] });
    expect(await deletedBackups(bed)).toEqual([]);
  });
});
