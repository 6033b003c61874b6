import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { RestoreRequest } from '../../../shared/restore/seen-preflight.ts';
import { checkSharedDisks, readSharers } from '../../../shared/restore/shared-disks.ts';
import { decoded } from '../../gen/decoded.ts';
import { countingReader } from '../../gen/reader.ts';
import * as w from '../../functions/preflight-restore/world.ts';
import { forbidden, seen } from './seen.ts';

const over: Partial<RestoreRequest> = { ...w.over, machine: 'web' };
const retain: Partial<RestoreRequest> = { ...over, retain: true };
const shared = (release: string, ...objects: KubeObject[]) =>
  w.replacing(w.version(release), w.sourceVM(), w.sharer(), ...objects);
/** The VM has another volume today than the one that was backed up. */
const grown = (release: string, claim: string) =>
  w.replacing(w.version(release), make.machine('web', 'prod', ['new']), w.sharer(claim));

describe('disks that several VMs use', () => {
  test.each<[string, KubeObject[], Partial<RestoreRequest>, string]>([
    ['none, to a new VM', w.sound, {}, 'pass'],
    ['none, over a VM', w.replacing(w.sourceVM()), over, 'pass'],
    ['another’s disk, to a new VM', shared('v1.6.1'), {}, 'pass'],
    ['another’s disk, with retain', shared('v1.6.1'), retain, 'pass'],
    ['another’s disk, by a VM in deletion', w.replacing(w.sourceVM(), w.sharer('data', make.deleting)), over, 'pass'],
    ['a shareable disk, to a new VM', w.replacing(w.vmb(w.shareable)), {}, 'warn'],
    // Up to 1.6 what was backed up is deleted, in 1.8 what the VM has today; of the others it is not known.
    ['another’s disk, 1.6', shared('v1.6.1'), over, 'fail'],
    ['another’s disk, 1.7', shared('v1.7.0'), over, 'warn'],
    ['another’s disk, 1.8', shared('v1.8.0'), over, 'fail'],
    ['one that only the backup has, 1.6', grown('v1.6.1', 'data'), over, 'fail'],
    ['one that only the backup has, 1.8', grown('v1.8.0', 'data'), over, 'pass'],
    ['one that only the VM has, 1.6', grown('v1.6.1', 'new'), over, 'pass'],
    ['one that only the VM has, 1.7', grown('v1.7.0', 'new'), over, 'warn'],
    ['one that only the VM has, 1.8', grown('v1.8.0', 'new'), over, 'fail'],
  ])('%s', async (_what, world, request, result) => {
    expect(checkSharedDisks(await seen(world, request)).result).toBe(result);
  });

  test('is unknown without the right to VMs, and only where volumes are deleted', async () => {
    expect(checkSharedDisks(await seen(w.sound, over, { sharers: forbidden })).result).toBe('unknown');
    expect(checkSharedDisks(await seen(w.sound, retain, { sharers: forbidden })).result).toBe('pass');
  });
});

test('VMs are listed only where volumes are deleted', async () => {
  const backup = decoded('VirtualMachineBackup', w.vmb());
  const counted = countingReader(shared('v1.6.1'));
  expect((await readSharers(counted.reader, { ...w.elsewhere, ...retain }, backup)).size).toBe(0);
  expect(counted.calls).toEqual([]);
  expect(await readSharers(counted.reader, { ...w.elsewhere, ...over }, backup)).toEqual(
    new Map([['data', 'prod/twin']]),
  );
});
