import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { RestoreRequest, SeenPreflight } from '../../../shared/restore/seen-preflight.ts';
import { checkConflicts } from '../../../shared/restore/conflicts.ts';
import { decoded } from '../../gen/decoded.ts';
import * as w from '../../functions/preflight-restore/world.ts';
import { bad, forbidden, seen } from './seen.ts';

const keeping: Partial<RestoreRequest> = { keepMacAddress: true };
const named = (machine: string): Partial<RestoreRequest> => ({ machine });
const there = (...modifiers: make.Modifier[]) => {
  const one = w.vm('web', 'finance', 'Stopped');
  for (const modify of modifiers) modify(one);
  return one;
};
const own = decoded('VirtualMachineRestore', make.vmRestore({ name: 'r', namespace: 'finance', backup: 'nightly' }));
const madeByIt = make.annotated({ 'restore.harvesterhci.io/last-restore-uid': `r-${own.metadata.uid}` });
const withoutSecrets = w.vmb(make.withStatus({ secretBackups: [] }));

describe('what is in the way of a restore', () => {
  test.each<[string, KubeObject[], Partial<RestoreRequest>, string[]]>([
    ['nothing', w.sound, {}, []],
    ['nothing over a stopped VM', w.replacing(w.stopped), w.over, []],
    ['nothing over one that says nothing', w.replacing(w.vm('web', 'prod')), w.over, []],
    ['a VM of the name', w.replacing(there()), {}, ['fail vm']],
    ['nothing but the VM that the restore makes', w.replacing(there(madeByIt)), { restore: own }, []],
    ['a VM that another restore made', w.replacing(there(madeByIt)), {}, ['fail vm']],
    [
      'an instance that runs without a VM',
      w.replacing(make.instance({ name: 'web', namespace: 'finance' })),
      {},
      ['fail vm'],
    ],
    ['no VM to restore over', w.sound, w.over, ['fail vm']],
    ['a VM in deletion', w.replacing(w.inUse(w.unready, make.deleting)), w.over, ['fail vm']],
    ['a VM that runs', w.replacing(w.inUse()), w.over, ['fail vm']],
    ['a VM that is neither', w.replacing(w.vm('web', 'prod', 'Starting')), w.over, ['warn vm']],
    ['a name of 63 characters', w.sound, named('a'.repeat(63)), []],
    ['one longer', w.sound, named('a'.repeat(64)), ['fail vm']],
    ['what is no name', w.sound, named('Web_1'), ['fail vm']],

    ['nothing of MAC addresses of its own', w.replacing(w.vm('db', 'prod')), {}, []],
    ['nobody with the same', w.sound, keeping, []],
    ['another VM with the same', w.replacing(w.vm('db', 'prod')), keeping, ['fail mac']],
    ['an instance with the same', w.replacing(w.runsWithMac('db', 'prod')), keeping, ['fail mac']],
    ['the VM itself, which has none', w.replacing(w.sourceVM(), w.vmb(w.withoutMacs, w.takenOf('x'))), keeping, []],
    // Harvester refuses a second, whether it has addresses or not.
    [
      'the VM itself',
      w.replacing(w.sourceVM(), w.vmb(w.withoutMacs, w.takenOf(make.uidFor('VirtualMachine', 'web', 'prod')))),
      keeping,
      ['fail mac'],
    ],
    [
      'another VM with those of the one restored over',
      w.replacing(w.stopped, w.vm('db', 'prod')),
      w.over,
      ['fail mac'],
    ],

    ['a secret that the backup does not hold', w.replacing(withoutSecrets), {}, ['warn secrets']],
  ])('%s', async (_what, world, request, says) => {
    expect(bad(checkConflicts(await seen(world, request)))).toEqual(says);
  });

  test.each<[keyof SeenPreflight, string]>([
    ['machine', 'unknown vm'],
    ['instance', 'unknown vm'],
    ['macUsers', 'unknown mac'],
    ['source', 'unknown mac'],
  ])('without the right to %s one check is unknown, and no other', async (field, says) => {
    expect(bad(checkConflicts(await seen(w.sound, keeping, { [field]: forbidden })))).toEqual([says]);
  });
});
