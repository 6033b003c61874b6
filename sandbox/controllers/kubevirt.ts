/**
 * As much of KubeVirt as a snapshot meets: the freeze of a guest, its thaw when the deadline has passed, and what a VM
 * says of itself once its instance is gone.
 *
 * What it does not do: start, stop or migrate anything (whoever deletes an instance has stopped the VM), the status of
 * a VM whose instance never was, the time a real guest takes to freeze.
 */
import type { ApiClient, KubeObject } from '../api/types.ts';
import * as kinds from './kinds.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { keyOf, splitKey, timestamp } from './objects.ts';

/** On an instance: its agent cannot freeze, as when SELinux denies it. */
export const freezeFailsAnnotation = 'sandbox.gleaner.dev/freeze-fails';
/** On an instance: nobody thaws it. */
const staysFrozenAnnotation = 'sandbox.gleaner.dev/stays-frozen';

/** PUT …/virtualmachineinstances/<name>/freeze. */
export async function freeze(client: ApiClient, instance: KubeObject): Promise<void> {
  if (instance.metadata.annotations?.[freezeFailsAnnotation]) throw new Error('failed to freeze file system');
  await setFreeze(client, instance, 'frozen');
}

export const hasAgent = (instance: KubeObject): boolean =>
  (instance['status']?.conditions ?? []).some(
    ({ type, status }: { type: string; status: string }) => type === 'AgentConnected' && status === 'True',
  );

export function startKubeVirt(client: ApiClient, options: ControllerOptions): Controller {
  const frozen = new Set<string>();
  const loop = startLoop('kubevirt', options, reconcile);
  const unwatch = feed(client, kinds.VMI, loop, options, (instance, type) =>
    type === 'DELETED' || instance['status']?.fsFreezeStatus ? [keyOf(instance)] : [],
  );
  return {
    async stop() {
      unwatch();
      await loop.stop();
    },
  };

  async function reconcile(key: string): Promise<Again> {
    const { namespace, name } = splitKey(key);
    const instance = await client.get(kinds.VMI, name, namespace);
    if (!instance) return noteGone(namespace, name);
    if (!instance['status']?.fsFreezeStatus || instance.metadata.annotations?.[staysFrozenAnnotation]) return;
    if (!frozen.has(key)) {
      frozen.add(key);
      return { afterMs: 1000 };
    }
    frozen.delete(key);
    await setFreeze(client, instance, null);
    return;
  }

  async function noteGone(namespace: string, name: string): Promise<undefined> {
    const machine = await client.get(kinds.VM, name, namespace);
    if (!machine) return;
    const ready = { type: 'Ready', status: 'False', reason: 'VMINotExists', lastTransitionTime: timestamp() };
    const status = { printableStatus: 'Stopped', ready: false, created: false, conditions: [ready] };
    await client.mergePatch(kinds.VM, name, namespace, { status }, 'status');
  }
}

async function setFreeze(client: ApiClient, instance: KubeObject, fsFreezeStatus: string | null): Promise<void> {
  const { name, namespace } = instance.metadata;
  await client.mergePatch(kinds.VMI, name, namespace, { status: { fsFreezeStatus } }, 'status');
}
