/** One `gleaner apply` over everything, in a process of its own that measures itself. Usage: node sweeping.ts KUBECONFIG */
import * as functions from '../../../functions/index.ts';
import type { KindName } from '../../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import { countCalls } from '../../../shared/kube/count.ts';
import type { Writer } from '../../../shared/kube/ports.ts';
import { settle } from '../../../shared/runtime/settle.ts';
import { measured } from './measured.ts';

const [kubeconfig = ''] = process.argv.slice(2);

await measured(async () => {
  const client = await connect({ kubeconfig });
  const calls = { gets: 0, lists: 0, writes: 0 };
  const told = { gets: 0, lists: 0, writes: 0 };
  const { reader, writer: repairs } = countCalls(client, calls);
  const { writer: records } = countCalls(client, told);
  // The script tells nobody what it found; that is not what the two are compared by.
  const writerFor = (kind: KindName) => (kind === 'Event' || kind.endsWith('Report') ? records : repairs);
  const writer: Writer = {
    ...repairs,
    create: (kind, ...given) => writerFor(kind).create(kind, ...given),
    patch: (kind, ...given) => writerFor(kind).patch(kind, ...given),
  };
  let rounds = 0;
  let failures: string[] = [];
  let failed: string[] = [];
  const options = { functions: Object.values(functions), reader, applier: createApplier(reader, writer) };
  for await (const it of settle({
    ...options,
    configOf: (fn: AnyFunction) => fn.config.parse({}),
    patienceMs: 60_000,
  })) {
    if (it.kind === 'failure') failed.push(`${it.function} ${it.subject.name}: ${it.error.message}`);
    if (it.kind === 'settled') rounds = it.rounds;
    if (it.kind === 'round') {
      failures = failed;
      failed = [];
    }
  }
  await client.close();
  return { calls, told: told.writes, rounds, failures };
});
