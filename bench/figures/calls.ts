import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as functions from '../../functions/index.ts';
import { large } from '../../sandbox/scenarios/index.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { createApplier } from '../../shared/kube/apply.ts';
import { connect } from '../../shared/kube/client.ts';
import { settle } from '../../shared/runtime/settle.ts';
import type { Figure } from '../figure.ts';
import { distanceFigure } from '../figure.ts';

/**
 * The least a safe repair beside the old pair can do for one volume: create content and snapshot, switch the VMBackup,
 * take the old content off Delete and put the new one on, delete the old snapshot and the old content (7 writes), and
 * read again right before it: the VMBackup's uid before the snapshot is created, the old content's policy before each of
 * the two deletions (3 reads). Reading what is there costs lists, shared by all.
 */
const LEAST = 7 + 3;

/**
 * API calls of one `gleaner apply` with all functions, over many VMBackups, one wrong volume of three each, by repaired
 * volume. As there, Events and reports are left out: they tell of a repair and are no part of it, nine calls more.
 */
export async function calls(count: number): Promise<Figure[]> {
  const sandbox = await startSandbox({ scenario: large(count) });
  const folder = await mkdtemp(join(tmpdir(), 'gleaner-bench-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, sandbox.api.kubeconfig());
  const client = await connect({ kubeconfig });
  try {
    sandbox.api.clearRequests();
    const { reader, writer } = client;
    const run = settle({
      functions: Object.values(functions),
      reader,
      applier: createApplier(reader, writer),
      configOf: (fn) => fn.config.parse({}),
      records: false,
    });
    for await (const event of run) if (event.kind === 'failure') throw event.error;
    const requests = sandbox.api.requests().filter((r) => r.userAgent?.startsWith('gleaner'));
    const repaired = requests.filter((r) => r.verb === 'create' && r.kind.endsWith('/VolumeSnapshot')).length;
    if (repaired !== count || sandbox.store.losses.length > 0) throw new Error(`${repaired} of ${count} were repaired`);
    const lists = requests.filter((r) => r.verb === 'list').length;
    return [
      distanceFigure({
        name: 'API calls per repaired volume',
        unit: 'calls',
        value: requests.length / repaired,
        baseline: LEAST,
        goal: 1,
        note: `apply to the end with all functions over ${count} VMBackups, one wrong volume of three each; the least is 7 writes and 3 re-reads right before a creation and 2 deletions; ${lists} list calls are shared by all; Events and reports are not counted, since apply writes none; the ratio is the difference`,
      }),
    ];
  } finally {
    await client.close();
    await sandbox.stop();
    await rm(folder, { recursive: true });
  }
}
