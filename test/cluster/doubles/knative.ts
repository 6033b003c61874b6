/**
 * What a cluster does around Knative Eventing, in one process with four parts: a network (names → ports), a kubelet
 * (Deployments of known images → processes), Knative Serving (a Service → a process from its first request on), and
 * the in-memory channel's controller (addresses for channels).
 *
 * Usage: node knative.ts BED ADAPTER_BINARY PING_BINARY
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { adminClient } from '../cluster.ts';
import { loadState } from '../state.ts';
import { giveAddresses } from './channels.ts';
import { runDeployments } from './kubelet.ts';
import { startNetwork } from './network.ts';
import { Serving } from './serving.ts';

const [name = '', adapter = '', ping = ''] = process.argv.slice(2);
const state = await loadState(name);
if (!state) throw new Error(`there is no bed named ${name}`);
const client = await adminClient(state);
const serving = new Serving(state, client);
await startNetwork(state, serving);
process.stdout.write('ready\n');

for (;;) {
  for (const part of [
    () => giveAddresses(client),
    () => runDeployments(state, client, { adapter, ping }),
    () => serving.giveAddresses(),
  ])
    await part().catch((error: unknown) =>
      process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`),
    );
  await sleep(300);
}
