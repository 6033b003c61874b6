import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import {
  allInProgress,
  describeInProgress,
  restoresInProgress,
  showInProgress,
} from '../../../shared/chain/in-progress.ts';
import { decoded } from '../../gen/decoded.ts';
import { readerOf } from '../../gen/reader.ts';

const backup = decoded('VirtualMachineBackup', make.vmBackup({ name: 'nightly', entries: [] }));
const restore = (shape: Partial<make.RestoreShape>, ...modifiers: make.Modifier[]) =>
  make.vmRestore({ name: 'r', namespace: 'prod', backup: 'nightly', ...shape }, ...modifiers);
const complete = make.withStatus({ complete: true });
const failed = make.withStatus({
  complete: false,
  conditions: [{ type: 'InProgress', status: 'False', reason: 'Error' }],
});
const odd: make.Modifier = (o) => void (o['spec'].target = 'not an object');
const names = (found: readonly { name: string }[]) => found.map(({ name }) => name);

describe('restores that are not complete', () => {
  test.each<[string, KubeObject[], string[], string[]]>([
    ['none', [], [], []],
    ['a complete one', [restore({}, complete)], [], []],
    ['one of another VMBackup', [restore({ backup: 'weekly' })], [], ['prod/r']],
    [
      'one of a namesake in another namespace',
      [restore({ namespace: 'finance', backupNamespace: '' })],
      [],
      ['finance/r'],
    ],
    ['one that was just made', [restore({})], ['prod/r'], ['prod/r']],
    ['one into another namespace', [restore({ namespace: 'finance' })], ['finance/r'], ['finance/r']],
    ['one that names no namespace, in its own', [restore({ backupNamespace: '' })], ['prod/r'], ['prod/r']],
    // Harvester tries it again.
    ['one that failed', [restore({}, failed)], ['prod/r'], ['prod/r']],
    ['one that cannot be read', [restore({}, odd)], ['prod/r'], ['prod/r']],
    ['one that cannot be read and is complete', [restore({}, odd, complete)], [], []],
    ['one that cannot be read, of another', [restore({ backup: 'weekly' }, odd)], [], ['prod/r']],
    [
      'one of which not even that can be read',
      [restore({}, (o) => void (o['spec'].virtualMachineBackupName = 7))],
      ['prod/r'],
      ['prod/r'],
    ],
  ])('%s', async (_what, world, ofIt, inAll) => {
    const reader = readerOf(world);
    expect(names(await restoresInProgress(reader, backup))).toEqual(ofIt);
    expect(names(await allInProgress(reader))).toEqual(inAll);
  });

  test('are over when the caller says so', async () => {
    const reader = readerOf([restore({ name: 'a' }, failed), restore({ name: 'b' })]);
    const isOver = ({ status }: { status?: { conditions?: unknown } | null | undefined }) =>
      Boolean(status?.conditions);
    expect(names(await allInProgress(reader, isOver))).toEqual(['prod/b']);
  });

  test('are shown by a command, which for an odd one is kubectl', async () => {
    const [plain] = await restoresInProgress(readerOf([restore({})]), backup);
    const [strange] = await restoresInProgress(readerOf([restore({}, odd)]), backup);
    expect(showInProgress(plain!)).toBe('gleaner explain vmrestore/r -n prod');
    expect(showInProgress(strange!)).toBe('kubectl get virtualmachinerestores.harvesterhci.io r -n prod -o yaml');
    expect(describeInProgress([plain!, strange!])).toBe('prod/r, prod/r, which cannot be read,');
  });
});
