/** One `gleaner apply` over everything, in a process of its own that measures itself. Usage: node sweeping.ts KUBECONFIG */
import * as functions from '../../../functions/index.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import { countCalls } from '../../../bench/count.ts';
import { settle } from '../../../shared/runtime/settle.ts';
import { measured } from './measured.ts';

const [kubeconfig = ''] = process.argv.slice(2);

await measured(async () => {
  const client = await connect({ kubeconfig });
  const calls = { gets: 0, lists: 0, writes: 0 };
  const { reader, writer } = countCalls(client, calls);
  let rounds = 0;
  let failures: string[] = [];
  let failed: string[] = [];
  const options = { functions: Object.values(functions), reader, applier: createApplier(reader, writer) };
  for await (const it of settle({
    ...options,
    configOf: (fn: AnyFunction) => fn.config.parse({}),
    patienceMs: 60_000,
    // As the command does: whoever reads its output need not be told by the cluster too.
    records: false,
  })) {
    if (it.kind === 'failure') failed.push(`${it.function} ${it.subject.name}: ${it.error.message}`);
    if (it.kind === 'settled') rounds = it.rounds;
    if (it.kind === 'round') {
      failures = failed;
      failed = [];
    }
  }
  await client.close();
  return { calls, rounds, failures };
});
