import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const map = readFileSync(join(root, 'docs/map.md'), 'utf8');
const names = [...map.matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name);
const paths = names.filter((name) => /^(functions|shared|cli|sandbox|test|bench|docs|deploy|bin)\//.test(name));

describe('docs/map.md', () => {
  test('names only files and folders that are there', () => {
    expect(paths.length).toBeGreaterThan(20);
    const gone = paths.filter((path) => !existsSync(join(root, path.replace('<name>', 'relink-vmbackup'))));
    expect(gone).toEqual([]);
  });

  test('has a row for every room of shared/; add it, saying when to go there', () => {
    const rooms = readdirSync(join(root, 'shared')).map((name) => `shared/${name}`);
    const rows = map.split('\n').filter((line) => line.startsWith('| `'));
    expect(rooms.filter((room) => !rows.some((row) => row.includes(`\`${room}\``)))).toEqual([]);
  });
});
