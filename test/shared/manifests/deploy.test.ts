import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { manifestFiles } from '../../../shared/manifests/files.ts';
import { defaults } from '../../../shared/manifests/options.ts';
import { staleness } from '../../generated.ts';
import { all, ofKind, parsed } from './parsed.ts';

const folder = join(import.meta.dirname, '../../../deploy');

describe('deploy/', () => {
  test('is what the definitions render to (else: npm run manifests)', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    const checkedIn = new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
    const rendered = new Map(manifestFiles(all, defaults).map(({ name, text }) => [name, text]));
    const stale = [...new Set([...checkedIn.keys(), ...rendered.keys()])].flatMap(
      (name) => staleness(`deploy/${name}`, checkedIn.get(name), rendered.get(name), 'npm run manifests') ?? [],
    );
    expect(stale).toEqual([]);
  });

  test('says in its first line where it comes from', () => {
    for (const { text } of manifestFiles(all, defaults)) {
      expect(text).toMatch(/^# generated from functions\/.*; npm run manifests\n/);
    }
  });

  test('creates the namespace before anything in it, also when applied in the order of file names', () => {
    const names = manifestFiles(all, defaults).map(({ name }) => name);
    expect([...names].sort()[0]).toBe(names[0]);
    expect(parsed()[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'gleaner' } });
  });

  test('has no object twice', () => {
    const keys = parsed().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('puts everything that has a namespace into the one that is asked for', () => {
    const manifests = parsed({ namespace: 'storage-ops' });
    const clusterScoped = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'];
    for (const { kind, metadata } of manifests) {
      // What is granted in the namespace of drills stays there.
      const where = /^Role/.test(kind) ? 'gleaner-drill' : 'storage-ops';
      expect([kind, metadata.namespace]).toEqual([kind, clusterScoped.includes(kind) ? undefined : where]);
    }
    for (const binding of ofKind('ClusterRoleBinding', manifests)) {
      expect(binding.subjects).toEqual([expect.objectContaining({ namespace: 'storage-ops' })]);
    }
  });
});
