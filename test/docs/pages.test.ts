import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as functions from '../../functions/index.ts';
import { capabilities, functionsPage, reasonsPage, Results, withFigures } from '../../docs/pages.ts';
import { reasons } from '../../shared/plan/reason.ts';
import { staleness } from '../generated.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const measured = 'bench/results.json';
const results = existsSync(join(root, measured)) ? Results.parse(JSON.parse(read(measured))) : undefined;

describe('generated pages are up to date (else: npm run docs)', () => {
  const stale = (path: string, text: string) => staleness(path, read(path), text, 'npm run docs');

  test.each([
    ['docs/reasons.md', () => reasonsPage()],
    ['docs/functions.md', () => functionsPage(Object.values(functions))],
    ['docs/capabilities.md', () => capabilities()],
    ['README.md', () => withFigures(read('README.md'), results)],
  ])('%s', (path, page) => expect(stale(path, page())).toBeUndefined());
});

describe('reasons', () => {
  test('each has one row, with something in every column of its table', () => {
    const rows = reasonsPage().split('\n');
    for (const [reason, { verdict }] of Object.entries(reasons)) {
      const found = rows.filter((row) => row.startsWith(`| \`${reason}\` |`));
      expect([reason, found.length]).toEqual([reason, 1]);
      const cells = found[0]?.split(/(?<!\\)\|/).slice(1, -1) ?? [];
      expect([reason, cells.length]).toEqual([reason, verdict === 'act' ? 4 : 3]);
      for (const cell of cells) expect(cell.trim()).not.toBe('');
    }
  });

  test.each(['wait', 'report', 'leave'] as const)('what Gleaner does for every %s reason is said once', (verdict) => {
    const does = new Set(Object.values(reasons).flatMap((info) => (info.verdict === verdict ? [info.does] : [])));
    const section =
      reasonsPage()
        .split(/^## /m)
        .find((text) => text.startsWith(`${verdict}\n`)) ?? '';
    for (const text of does) expect(section.split(text)).toHaveLength(2);
    expect(section).not.toContain('What Gleaner does |');
  });
});

describe('figures', () => {
  const readme = 'above\n<!-- figures -->\nold\n<!-- /figures -->\nbelow\n';

  test('replace what stood between the marks, and only that', () => {
    const figure = {
      name: 'cold start',
      value: 123.456,
      unit: 'ms',
      baseline: 100,
      ratio: 1.23456,
      goal: '≤ 1.5',
      met: true,
    };
    const text = withFigures(readme, { machine: 'two cores', date: '2026-01-01', figures: [figure] });
    expect(text).toContain('| cold start | 123 ms | 100 ms | 1.23 | ≤ 1.5 | yes |  |');
    expect(text).toMatch(/^above\n<!-- figures -->\n[^]*<!-- \/figures -->\nbelow\n$/);
    expect(text).not.toContain('old\n<');
    expect(withFigures(text, { machine: 'two cores', date: '2026-01-01', figures: [figure] })).toBe(text);
  });

  test('a goal that was missed says so, and why', () => {
    const figure = { name: 'RSS', value: 80, unit: 'MB', goal: '<= 1.3 x', met: false, note: '0.1 over' };
    expect(withFigures(readme, { machine: 'm', date: 'd', figures: [figure] })).toContain('| **no** | 0.1 over |');
  });

  test('a goal that is a distance shows one', () => {
    const figure = {
      name: 'calls',
      value: 8,
      unit: 'calls',
      baseline: 7,
      ratio: 1,
      goal: '<= baseline + 1',
      met: true,
    };
    expect(withFigures(readme, { machine: 'm', date: 'd', figures: [figure] })).toContain('| 7 calls | +1 |');
  });

  test('need their marks', () => expect(() => withFigures('nothing', undefined)).toThrow(/figures/));
});
