import { describe, expect, jest, test } from '@jest/globals';
import { allFunctions as functions } from '../../cli/functions.ts';
import * as make from '../../sandbox/scenarios/build.ts';
import { kinds } from '../../shared/domain/kinds.ts';
import type { KindName } from '../../shared/domain/kinds.ts';
import { connect } from '../../shared/kube/client.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { one, startStill, without } from './odd/static.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(180_000);

const bornNow: make.Modifier = ({ metadata }) => void (metadata.creationTimestamp = new Date().toISOString());

/** So many that a sweep reads lists instead of one by one: that takes other rights. */
const MANY = 45;
const many = Array.from({ length: MANY }, (_, i) => `web-${i}`);

describe('with much to look at, a sweep asks for no more than its function may', () => {
  test.each(functions.map((fn) => [fn.name, fn] as const))('%s', async (_name, fn) => {
    const still = await startStill(
      many.flatMap((name, i) => [
        // Backups that are missing, snapshots that are, and backups that belong to nobody.
        ...without(one(name, { handle: 'wrong' }), 'Backup', ...(i % 2 === 0 ? ['VolumeSnapshot'] : [])),
        ...without(one(`left-${i}`), 'VirtualMachineBackup', 'VolumeSnapshot', 'VolumeSnapshotContent'),
        make.vmRestore({ name: `${name}-elsewhere`, namespace: 'finance', backup: name }, bornNow),
      ]),
    );
    const folder = await mkdtemp(join(tmpdir(), 'gleaner-rights-'));
    await writeFile(join(folder, 'kubeconfig'), still.api.kubeconfig());
    const client = await connect({ kubeconfig: join(folder, 'kubeconfig') });
    try {
      const before = still.api.requests().length;
      let swept = 0;
      const configOf = () => fn.config.parse({});
      for await (const _one of sweep({ functions: [fn], reader: client.reader, configOf, nowMs: Date.now })) swept++;
      expect(swept).toBeGreaterThan(0);
      const needed = new Set(
        fn.needs.flatMap(({ group, resource, verbs }) => verbs.map((v) => `${v} ${resource}.${group}`)),
      );
      const asked = still.api
        .requests()
        .slice(before)
        .map(({ verb, kind }) => {
          // What is not served is on record by its plural.
          const [name = '', , group = ''] = kind.split('/').reverse();
          return `${verb} ${kinds[name as KindName]?.plural ?? name}.${group}`;
        });
      expect(asked.length).toBeGreaterThan(0);
      const missing = [...new Set(asked)].filter((one) => !needed.has(one));
      const todo = `add to needs in functions/${fn.name}/index.ts, then npm run manifests`;
      expect({ [todo]: missing }).toEqual({ [todo]: [] });
    } finally {
      await client.close();
      await still.stop();
      await rm(folder, { recursive: true });
    }
  });
});
