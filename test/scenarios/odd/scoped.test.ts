import { expect, test } from '@jest/globals';
import { survey } from '../../../shared/chain/survey.ts';
import type { Reader } from '../../../shared/kube/ports.ts';
import { readerOf } from '../../gen/reader.ts';
import { one } from './static.ts';

/** Whoever may read everything but Harvester's Settings, one of which holds keys. */
const reader = readerOf(one('web').all);
const refused: Reader = {
  ...reader,
  list: (kind, options) => {
    if (kind === 'Setting') throw Object.assign(new Error('403 Forbidden'), { status: 403 });
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
