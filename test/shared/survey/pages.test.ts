import { expect, test } from '@jest/globals';
import { pagesOf } from '../../../shared/survey/pages.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { readerOf } from '../../gen/reader.ts';

const volumes = (count: number) => Array.from({ length: count }, (_, i) => make.backupVolume(`pvc-${i}`, '1.9'));

async function sizes(count: number): Promise<number[]> {
  const found: number[] = [];
  for await (const page of pagesOf(readerOf(volumes(count)), 'BackupVolume', {})) found.push([...page].length);
  return found;
}

test.each([
  [0, [0]],
  [1, [1]],
  [499, [499]],
  [500, [500, 0]],
  [501, [500, 1]],
  [1200, [500, 500, 200]],
])('%i objects of a reader without pages come as %j', async (count, pages) => {
  expect(await sizes(count)).toEqual(pages);
});

test('the pages of a reader that has pages are taken as they are, with the options', async () => {
  const reader = readerOf(volumes(3));
  const asked: unknown[] = [];
  const paged = {
    ...reader,
    list: () => {
      throw new Error('asked for one at a time');
    },
    async *pages(kind: string, options: unknown) {
      asked.push([kind, options]);
      yield [1, 2];
      yield [3];
    },
  };
  const found: unknown[] = [];
  for await (const page of pagesOf(paged as never, 'BackupVolume', { namespace: 'a' })) found.push([...page]);
  expect(found).toEqual([[1, 2], [3]]);
  expect(asked).toEqual([['BackupVolume', { namespace: 'a' }]]);
});
