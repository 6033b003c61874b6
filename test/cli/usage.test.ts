import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commands } from '../../cli/commands/index.ts';
import { allFunctions } from '../../cli/functions.ts';
import { createApiServer } from '../../sandbox/api/server.ts';
import type { World } from './run.ts';
import { gleaner, startWorld } from './run.ts';

describe('a command line that is right', () => {
  test('without arguments shows the commands', async () => {
    const { code, out, err } = await gleaner([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const { name } of commands) expect(out).toContain(`\n  ${name} `);
  });

  test.each(commands.map(({ name }) => name))('%s --help shows options and examples', async (name) => {
    const { code, out } = await gleaner([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Options:[^]*Examples:\n {2}# .+\n {2}\S+/);
  });

  test('functions -o json is a list of what each does, watches and needs', async () => {
    const { code, out } = await gleaner(['functions', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toContainEqual({
      name: 'fix-handle',
      summary: expect.any(String),
      watches: expect.arrayContaining([{ kind: 'VolumeSnapshotContent', mode: 'resource' }]),
      needs: expect.arrayContaining([expect.objectContaining({ resource: 'volumesnapshotcontents' })]),
    });
  });

  test.each([
    ['table', /^NAME +SUMMARY\ncheck-capability [^]*\nfix-handle /],
    ['wide', /WATCHES +NEEDS/],
    ['yaml', /^- name: check-capability/],
    ['name', new RegExp(`^${allFunctions.map(({ name }) => `${name}\n`).join('')}$`)],
  ])('functions -o %s', async (format, shape) => {
    expect((await gleaner(['functions', '-o', format])).out).toMatch(shape);
  });

  test('sandbox --list names the scenarios', async () => {
    const { code, out } = await gleaner(['sandbox', '--list']);
    expect(code).toBe(0);
    expect(out).toMatch(/\nrecovered +1\.4 +1\.8 /);
  });
});

describe('a command line that is wrong: one sentence on stderr, exit code 2', () => {
  test.each([
    { argv: ['prune'], says: "unknown command 'prune'" },
    { argv: ['scan', '--everything'], says: "unknown option '--everything'" },
    { argv: ['functions', 'fix-handle'], says: 'too many arguments' },
    { argv: ['scan', '-o', 'xml'], says: 'Allowed choices are table, wide, json, yaml, name' },
    { argv: ['scan', 'pods'], says: 'unknown kind or name "pods"' },
    {
      argv: ['scan', '--function', 'fix'],
      says: 'unknown function "fix" (known: check-capability, drill-restore, fix-handle',
    },
    { argv: ['scan', '--policy', 'fix-handle.mode=swap'], says: 'fix-handle.procedure=auto|create|swap' },
    {
      argv: ['scan', '--policy', 'fix-handle.procedure=swop'],
      says: 'invalid value "swop" for fix-handle.procedure (auto, create, swap)',
    },
    { argv: ['plan', '--procedure', 'swop'], says: 'auto, create, swap' },
    { argv: ['apply', '--timeout', 'soon'], says: 'invalid duration "soon"' },
    { argv: ['apply', '--dry-run', 'maybe'], says: 'none, client, server' },
    { argv: ['replay'], says: "missing required argument 'file'" },
    { argv: ['replay', '/nowhere.json'], says: 'file /nowhere.json does not exist' },
    { argv: ['replay', '-', '--to', 'localhost'], says: 'invalid URL "localhost"' },
    { argv: ['replay', '-', '--to', 'http://localhost', '--dry-run=client'], says: 'cannot be combined' },
    { argv: ['sandbox', '--scenario', 'atlantis'], says: 'no scenario "atlantis"' },
    { argv: ['sandbox', '--harvester', 'latest'], says: 'invalid version "latest"' },
  ])('$argv', async ({ argv, says }) => {
    const { code, out, err } = await gleaner(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^gleaner: /);
    expect(err).toContain(says);
    expect(err).not.toContain('\n    at ');
  });
});

describe('a cluster that does not answer as it should: what is wrong, and what helps', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ scenario: 'wrong-handle' });
  });
  afterAll(() => world.stop());

  test('a kind that is not installed', async () => {
    const other = await createApiServer({ withoutGroups: ['longhorn.io'] });
    const file = await world.file('other', other.kubeconfig());
    const { code, err } = await gleaner(['scan', '--kubeconfig', file]);
    await other.stop();
    expect(code).toBe(2);
    expect(err).toMatch(/backups of longhorn\.io\/v1beta2: is its CRD installed\?; is this a Harvester/);
  });

  test('Longhorn without Harvester is no error, and said', async () => {
    const other = await createApiServer({ withoutGroups: ['harvesterhci.io'] });
    const file = await world.file('plain', other.kubeconfig());
    const { code, err } = await gleaner(['scan', '--kubeconfig', file]);
    await other.stop();
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringContaining('Harvester is not installed on this cluster'),
    });
  });

  test('nobody at that address; the document is whole all the same', async () => {
    const config = world.sandbox.api.kubeconfig().replace(world.sandbox.api.url, 'http://127.0.0.1:1');
    const file = await world.file('nobody', config);
    const { code, err, out } = await gleaner(['scan', '-o', 'json', '--kubeconfig', file]);
    expect(code).toBe(2);
    expect(err).toMatch(/ECONNREFUSED.*check that the cluster can be reached/);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'Scan',
      findings: [],
      errors: [expect.stringContaining('ECONNREFUSED')],
    });
  });

  test('rights that are missing', async () => {
    const token = world.sandbox.api.tokenFor('jane');
    const file = await world.file('jane', world.sandbox.api.kubeconfig({ token }));
    const { code, err } = await gleaner(['apply', '--kubeconfig', file]);
    expect(code).toBe(2);
    expect(err).toMatch(/the right to list backups\.longhorn\.io is missing.*get that permission/);
  });

  test('a file that is not there', async () => {
    const { code, err } = await gleaner(['scan', '--kubeconfig', '/nowhere']);
    expect({ code, err }).toEqual({ code: 2, err: 'gleaner: kubeconfig cannot be read: ENOENT\n' });
  });
});
