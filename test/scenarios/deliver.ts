import type { KubeObject } from '../../sandbox/api/types.ts';
import type { AnyFunction } from '../../shared/function.ts';
import type { Answer } from '../../shared/runtime/answer.ts';
import { createCluster } from '../../shared/runtime/cluster.ts';
import { createLog } from '../../shared/runtime/log.ts';
import type { Runner } from '../../shared/runtime/runner.ts';
import { createRunner } from '../../shared/runtime/runner.ts';
import { readSettings } from '../../shared/runtime/settings.ts';
import { createSweepScheduler } from '../../shared/runtime/sweep-scheduler.ts';
import type { World } from './world.ts';

/** One function in this process, as its own server would run it. */
export function runnerOf(fn: AnyFunction, { client }: World): Runner {
  const settings = readSettings({ FUNCTION: fn.name }, [fn]);
  // The connection is the world's.
  const cluster = createCluster(settings, () => Promise.resolve({ ...client, close: () => Promise.resolve() }));
  const log = createLog({ level: 'silent' });
  return createRunner({ functions: [fn], settings, cluster, sweep: createSweepScheduler(settings), log });
}

/** As an ApiServerSource in Resource mode says it; `type` is `add`, `update` or `delete`. */
export const eventOf = (object: KubeObject, type = 'update') => ({
  specversion: '1.0',
  id: 'e-1',
  source: 'https://10.43.0.1:443',
  type: `dev.knative.apiserver.resource.${type}`,
  kind: object.kind,
  apiversion: object.apiVersion,
  name: object.metadata.name,
  namespace: object.metadata.namespace ?? '',
  data: object,
});

/** Lets the function answer one event about this object, and the controllers what it wrote. */
export async function deliver(fn: AnyFunction, world: World, object: KubeObject, type?: string): Promise<Answer> {
  const answer = await runnerOf(fn, world).answer(fn.name, () => eventOf(object, type));
  await world.sandbox.settle();
  return answer;
}
