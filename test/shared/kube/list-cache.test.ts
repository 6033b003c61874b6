import { expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { contentsNaming } from '../../../shared/chain/queries.ts';
import { createListCache } from '../../../shared/kube/list-cache.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { readerOf } from '../../gen/reader.ts';

test('a storm of backup events lists all contents once, and again when the list is old', async () => {
  const backups = Array.from({ length: 50 }, (_, i) => `backup-${i}`);
  const objects = backups.map((backup, i) => make.content({ snapshot: `s-${i}`, handle: `bs://claim-${i}/${backup}` }));
  const inner = readerOf(objects);
  let lists = 0;
  const counting: Reader = { ...inner, list: (kind, options) => (lists++, inner.list(kind, options)) };
  let nowMs = 0;
  const hints = createListCache(counting, () => nowMs);

  const found = await Promise.all(
    backups.map(async (backup) =>
      (await Array.fromAsync(contentsNaming(hints, new Set([backup])))).map((c) => c.content.metadata.name),
    ),
  );
  expect(found).toEqual(backups.map((_, i) => [`s-${i}-vsc`]));
  expect(lists).toBe(1);

  nowMs = 60_000;
  await Array.fromAsync(contentsNaming(hints, new Set(['backup-1'])));
  expect(lists).toBe(2);
});
