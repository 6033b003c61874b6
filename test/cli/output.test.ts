import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseDurationMs } from '../../cli/options.ts';
import { createDocument } from '../../cli/output/document.ts';
import { createTable, wrap } from '../../cli/output/table.ts';
import { parseSelected } from '../../cli/selection/selection.ts';

function paper() {
  let text = '';
  return { out: (more: string) => Promise.resolve(void (text += more)), text: () => text };
}

describe('documents written piece by piece', () => {
  const samples: { field?: [string, unknown]; list?: [string, unknown[]] }[][] = [
    [],
    [{ field: ['kind', 'Scan'] }, { list: ['findings', []] }],
    [{ list: ['findings', []] }, { field: ['summary', { a: 1 }] }],
    [
      { list: ['findings', [{ a: 'x: y\nz', deep: { list: [1, { b: [] }] } }, { a: '- "' }]] },
      { list: ['others', []] },
      { list: ['more', [['nested'], 'text', 3, null]] },
      { field: ['summary', { nothing: {}, more: [] }] },
    ],
  ];
  test.each(samples.flatMap((parts) => (['json', 'yaml'] as const).map((format) => ({ format, parts }))))(
    '$format of $parts',
    async ({ format, parts }) => {
      const { out, text } = paper();
      const document = createDocument(format, { out });
      const wanted: Record<string, unknown> = {};
      for (const { field, list } of parts) {
        if (field) {
          wanted[field[0]] = field[1];
          await document.field(...field);
        }
        if (list) {
          wanted[list[0]] = list[1];
          await document.list(list[0]);
          for (const item of list[1]) await document.item(item);
        }
      }
      await document.end();
      const read = format === 'json' ? (JSON.parse(text()) as unknown) : (parse(text() || '{}') as unknown);
      expect(read).toEqual(wanted);
      if (format === 'json') expect(text()).toBe(`${JSON.stringify(wanted, null, 2).replace(/^\{\}$/, '{}')}\n`);
    },
  );
});

describe('tables', () => {
  const columns = [
    { title: 'NAME', value: (row: readonly string[]) => row[0]! },
    { title: 'MESSAGE', value: (row: readonly string[]) => row[1]! },
  ];
  async function print(rows: readonly string[][], width?: number): Promise<string> {
    const { out, text } = paper();
    const table = createTable(columns, { out, columns: width, colour: false });
    for (const row of rows) await table.add(row);
    await table.end();
    return text();
  }

  test('columns are as wide as what is in them, and nothing trails', async () => {
    expect(
      await print([
        ['a', 'one'],
        ['long-name', ''],
      ]),
    ).toBe('NAME        MESSAGE\na           one\nlong-name\n');
  });

  test('without rows there is nothing', async () => {
    expect(await print([])).toBe('');
  });

  test('on a terminal, the last column is wrapped under itself', async () => {
    const message = 'words that go on and on until the line is full';
    const shown = await print([['a', message]], 60);
    expect(shown).toBe('NAME   MESSAGE\na      words that go on and on until the line is full\n');
    expect(await print([['a', message]], 47)).toBe(
      'NAME   MESSAGE\na      words that go on and on until the line\n       is full\n',
    );
  });

  test('with too little room beside, it gets lines of its own', async () => {
    expect(await print([['a-rather-long-name', 'words and more words']], 50)).toBe(
      'NAME\n    MESSAGE\na-rather-long-name\n    words and more words\n',
    );
  });

  test('a word longer than a line is not broken', () => {
    expect(wrap('see bak://pvc-1/backup-1 now', 10)).toEqual(['see', 'bak://pvc-1/backup-1', 'now']);
  });
});

describe('what is typed', () => {
  test.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5m', 90_000],
    ['250ms', 250],
  ])('duration %s', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  test.each(['', '5', 's', '5 m', '5d', '-5s'])('no duration: "%s"', (text) => {
    expect(() => parseDurationMs(text)).toThrow('invalid duration');
  });

  test.each([
    ['vmbackup/web', { kind: 'VirtualMachineBackup', name: 'web' }],
    ['virtualmachinebackups.harvesterhci.io/web', { kind: 'VirtualMachineBackup', name: 'web' }],
    ['VolumeSnapshotContent', { kind: 'VolumeSnapshotContent' }],
    ['vsc', { kind: 'VolumeSnapshotContent' }],
    ['vs/a', { kind: 'VolumeSnapshot', name: 'a' }],
    ['vmrestores', { kind: 'VirtualMachineRestore' }],
  ])('%s', (text, wanted) => expect(parseSelected(text)).toEqual(wanted));

  test.each(['web', 'vmbackup/', 'vmbackup/a/b', 'backups.longhorn.io/b', 'vsc.other.io/a', 'pods/web'])(
    'no kind: %s',
    (text) => expect(() => parseSelected(text)).toThrow('unknown kind or name'),
  );
});
