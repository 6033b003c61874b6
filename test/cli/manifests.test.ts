import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import * as functions from '../../functions/index.ts';
import { gleaner as run } from './run.ts';

const names = Object.values(functions).map(({ name }) => name);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gleaner-manifests-'));
});
afterEach(() => rm(folder, { recursive: true }));

const gleaner = (...argv: string[]) => run(argv);

describe('gleaner manifests', () => {
  test('prints one stream that kubectl can read, the namespace first', async () => {
    const { code, out } = await gleaner(
      'manifests',
      '-n',
      'ops',
      '--image',
      'registry.example.org/g:1',
      '--mode',
      'observe',
    );
    expect(code).toBe(0);
    const documents = parseAllDocuments(out);
    expect(documents.flatMap((document) => document.errors)).toEqual([]);
    const objects: any[] = documents.map((document) => document.toJS());
    expect(objects[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'ops' } });
    const containers = objects
      .filter(({ kind }) => kind === 'Service')
      .map((service) => service.spec.template.spec.containers[0]);
    expect(containers).toHaveLength(names.length);
    for (const container of containers) {
      expect(container.image).toBe('registry.example.org/g:1');
      expect(container.env).toContainEqual({ name: 'GLEANER_MODE', value: 'observe' });
    }
  });

  test('--write writes files, takes away its own old ones, and no others', async () => {
    await writeFile(join(folder, 'gone.yaml'), '# generated from functions/gone/index.ts; npm run manifests\n');
    await writeFile(join(folder, 'mine.yaml'), 'kind: ConfigMap\n');
    const { code, out } = await gleaner('manifests', '--write', folder);
    expect([code, out]).toEqual([0, '']);
    const generated = ['00-namespace', 'broker', 'sources', ...names].map((name) => `${name}.yaml`);
    expect((await readdir(folder)).sort()).toEqual([...generated, 'mine.yaml'].sort());
    expect(await readFile(join(folder, 'mine.yaml'), 'utf8')).toBe('kind: ConfigMap\n');
  });

  test('refuses a namespace that cannot be one', async () => {
    const { code, err } = await gleaner('manifests', '-n', 'Not_A_Name');
    expect(code).toBe(2);
    expect(err).toContain('Not_A_Name');
  });
});
