import { describe, expect, jest, test } from '@jest/globals';
import { explain } from '../../../cli/explain/explain.ts';
import { allFunctions } from '../../../cli/functions.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { survey } from '../../../shared/survey/survey.ts';
import { ForbiddenError } from '../../../shared/ports/errors.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { readerOf } from '../../gen/reader.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { leaving, one, restoring, startStill } from './static.ts';

jest.setTimeout(30_000);

/** Whoever may read everything but Harvester's Settings, one of which holds keys. */
const reader = readerOf(one('web').all);
const refused: Reader = {
  ...reader,
  list: (kind, options) => {
    if (kind === 'Setting') throw new ForbiddenError('403 Forbidden', 403);
    return reader.list(kind, options);
  },
};

async function found(scope: { namespace?: string }): Promise<string[]> {
  const items: string[] = [];
  for await (const page of survey(refused, scope, { chain: true, target: true }))
    for (const { what } of page) items.push(what);
  return items;
}

test('VMBackups of one namespace are surveyed without the right to read the setting of the target', async () => {
  expect(await found({ namespace: 'prod' })).toContain('vmbackup');
});

test('of a whole cluster the missing right is told', async () => {
  await expect(found({})).rejects.toThrow('403');
});

describe('a scan of one object tells what hangs in deletion or cannot be read of it', () => {
  const rows: readonly (readonly [argv: string, objects: () => KubeObject[], says: readonly string[]])[] = [
    [
      'vmrestore/rs -n finance',
      () => {
        const p = one('web');
        const r = restoring(p, p.right);
        leaving(r.vs);
        return [...p.all, ...r.all];
      },
      ['DeletionHangs restore-rs-web-volume-web-disk', 'RestoreHanging rs'],
    ],
    [
      'vs/web-volume-web-disk -n prod',
      () => {
        const p = one('web');
        leaving(p.vs);
        return p.all;
      },
      ['DeletionHangs web-volume-web-disk', 'SnapshotBeingDeleted web-volume-web-disk'],
    ],
    ...(['vmbackup/web -n prod', 'vmbackup/web'] as const).map(
      (argv) =>
        [
          argv,
          () => {
            const p = one('web');
            p.vmb.status.volumeBackups = 'none';
            return [...p.all, ...one('db', { handle: 'wrong' }).all];
          },
          ['ObjectUnreadable web'],
        ] as const,
    ),
  ];
  test.each(rows)('%s', async (argv, objects, says) => {
    const still = await startStill(objects());
    try {
      const { code, out, err } = await still.run('scan', ...argv.split(' '), '-o', 'json');
      const said: string[] = JSON.parse(out).findings.map(({ reason, subject }: any) => `${reason} ${subject.name}`);
      expect({ err, code, said: [...new Set(said)].sort() }).toEqual({ err: '', code: 1, said: says });
    } finally {
      await still.stop();
    }
  });
});

test('the story of an object is told to whoever may not read all that a scan reads', async () => {
  const world = readerOf(one('web', { handle: 'wrong' }).all);
  const may: Reader = { ...world, list: (kind, options) => (kind === 'Setting' ? refused : world).list(kind, options) };
  const configOf = (fn: AnyFunction): unknown => fn.config.parse({});
  const telling = { reader: may, functions: allFunctions, configOf, nowMs: Date.now() };
  const story = await explain(ref('VirtualMachineBackup', 'web', 'prod'), telling);
  expect(story.findings.map(({ finding }) => finding.reason)).toContain('HandleWrong');
});
