/** Gleaner at work while others are: both functions at once, with their own rights, at a pace that a seed decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as functions from '../../../functions/index.ts';
import type { Ref } from '../../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import type { Writer } from '../../../shared/ports/writer.ts';
import { sweep } from '../../../shared/runtime/sweep.ts';

export interface Race {
  /** Stops after the sweep that is under way; gives what could not be worked on in the last one of each function. */
  stop(): Promise<string[]>;
  /** Writes that changed something, in order. */
  readonly writes: readonly string[];
}

/** Sweeps with every function again and again, each for itself, as events would make it. */
export function race(
  files: Readonly<Record<string, string>>,
  { only, pauseMs }: { only: (subject: Ref) => boolean; pauseMs: () => number },
): Race {
  let stopped = false;
  const writes: string[] = [];
  const running = Object.values(functions).map((fn) => keepSweeping(fn, files[fn.name] ?? ''));
  return {
    writes,
    async stop() {
      stopped = true;
      return (await Promise.all(running)).flat();
    },
  };

  async function keepSweeping(fn: AnyFunction, kubeconfig: string): Promise<string[]> {
    const client = await connect({ kubeconfig });
    const { reader, writer } = client;
    const applier = createApplier(reader, paced(writer, pauseMs));
    let failures: string[];
    do {
      failures = [];
      for await (const it of sweep({ functions: [fn], reader, applier, configOf: () => fn.config.parse({}), only })) {
        if (it.kind === 'failure') failures.push(`${fn.name} ${it.subject.name}: ${it.error.message}`);
        if (it.kind === 'outcome')
          for (const { action, result } of it.applied)
            if (result === 'done')
              writes.push(`${action.do} ${'target' in action ? action.target.name : action.object.metadata.name}`);
      }
      await sleep(50);
    } while (!stopped);
    await client.close();
    return failures;
  }
}

/** Writes that come late: what was read before them is old by then. */
function paced(writer: Writer, pauseMs: () => number): Writer {
  const late = async <T>(write: () => Promise<T>): Promise<T> => {
    await sleep(pauseMs());
    return write();
  };
  return {
    create: (...given) => late(() => writer.create(...given)),
    patch: (...given) => late(() => writer.patch(...given)),
    patchValue: (...given) => late(() => writer.patchValue(...given)),
    delete: (...given) => late(() => writer.delete(...given)),
  };
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
