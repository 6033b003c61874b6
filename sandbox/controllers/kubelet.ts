/**
 * Scheduler and kubelet in one, for pods that read a volume and end: a pod runs once its claims are bound and Longhorn
 * has restored what is behind them, and then succeeds or fails.
 *
 * What it does not do: images, nodes, containers, what a pod really does, pods without claims, restarts.
 */
import type { ApiClient } from '../api/types.ts';
import * as kinds from './kinds.ts';
import { type Again, type Controller, type ControllerOptions, feed, startLoop } from './loop.ts';
import { isDeleting, keyOf, splitKey } from './objects.ts';

/** What becomes of pods. */
export type PodsEnd = 'succeed' | 'fail' | 'hang';

export interface KubeletOptions extends ControllerOptions {
  podsEnd: () => PodsEnd;
}

export function startKubelet(client: ApiClient, options: KubeletOptions): Controller {
  const waiting = new Set<string>();
  const loop = startLoop('kubelet', options, reconcile);
  const unwatch = [
    feed(client, kinds.Pod, loop, options, (pod, type) => (type === 'DELETED' ? [] : [keyOf(pod)])),
    feed(client, kinds.Volume, loop, options, () => [...waiting]),
  ];
  return {
    async stop() {
      for (const stop of unwatch) stop();
      await loop.stop();
    },
  };

  async function reconcile(key: string): Promise<Again> {
    const { name, namespace } = splitKey(key);
    const pod = await client.get(kinds.Pod, name, namespace);
    waiting.delete(key);
    if (!pod || isDeleting(pod) || ['Succeeded', 'Failed'].includes(pod['status']?.phase)) return;
    const claims: string[] = (pod['spec'].volumes ?? []).flatMap((v: any) => v.persistentVolumeClaim?.claimName ?? []);
    if (claims.length === 0) return;
    for (const claimName of claims) {
      const claim = await client.get(kinds.Claim, claimName, namespace);
      const volume = await client.get(kinds.Volume, claim?.['spec'].volumeName ?? '-', kinds.longhornNamespace);
      if (volume === undefined || volume['status']?.restoreRequired !== false) {
        waiting.add(key);
        return { afterMs: options.tickMs ?? 20 };
      }
    }
    const end = options.podsEnd();
    if (end === 'hang') return;
    const terminated = end === 'fail' ? { exitCode: 1, message: 'dd: /drill: Input/output error' } : { exitCode: 0 };
    const status = {
      phase: end === 'fail' ? 'Failed' : 'Succeeded',
      containerStatuses: [{ name: 'read', state: { terminated } }],
    };
    await client.mergePatch(kinds.Pod, name, namespace, { status }, 'status');
    return;
  }
}
