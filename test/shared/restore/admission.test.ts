import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import type { RestoreRequest, SeenPreflight } from '../../../shared/restore/seen-preflight.ts';
import { checkAdmission } from '../../../shared/restore/admission.ts';
import * as w from '../../functions/preflight-restore/world.ts';
import { bad, forbidden, seen } from './seen.ts';

const keeps: Partial<RestoreRequest> = { to: 'prod', machine: 'copy', keepMacAddress: true };
const ontoWeb: Partial<RestoreRequest> = { ...w.over, machine: 'web', retain: true };
const ofWeb = (...modifiers: Parameters<typeof w.other>[1][]) => w.other({ target: 'web' }, ...modifiers);
const onVlan = w.onNetwork('prod/vlan1');

describe('what Harvester’s webhook refuses', () => {
  test.each<[string, KubeObject[], Partial<RestoreRequest>, string[]]>([
    ['nothing of a sound restore', w.sound, {}, []],
    ['nothing over a stopped VM, with retain', w.replacing(w.stopped), ontoWeb, []],
    ['nothing where its network is there', w.replacing(onVlan, w.network('vlan1', 'prod')), {}, []],
    ['a network that is gone', w.replacing(onVlan), {}, ['fail network']],
    ['a network of that name elsewhere', w.replacing(onVlan, w.network('vlan1', 'finance')), {}, ['fail network']],
    [
      'a network without a namespace',
      w.replacing(w.onNetwork('vlan1'), w.network('vlan1', 'prod')),
      {},
      ['fail network'],
    ],
    ['no snapshot classes', w.without('VolumeSnapshotClass'), {}, ['fail snapshotclass']],

    ['nothing for one that is complete', w.replacing(ofWeb(w.complete)), ontoWeb, []],
    ['nothing for one onto another VM', w.replacing(w.other({ target: 'db' })), ontoWeb, []],
    ['one onto the same VM', w.replacing(ofWeb()), ontoWeb, ['fail restores']],
    // Harvester takes it to be over.
    ['a failed one onto the same VM', w.replacing(ofWeb(w.failing)), ontoWeb, ['warn restores']],
    [
      'one beside a failed one',
      w.replacing(ofWeb(w.failing), w.other({ name: 'b', target: 'web' })),
      ontoWeb,
      ['fail restores'],
    ],
    ['a second with the same MAC addresses', w.replacing(w.other({}, w.keeping, w.complete)), keeps, ['fail restores']],
    ['nothing for one with its own', w.replacing(w.other({}, w.complete)), keeps, []],
    ['nothing for one that replaced a VM', w.replacing(w.other({}, w.keeping, w.replacingIt, w.complete)), keeps, []],
    [
      'nothing for one of another VMBackup',
      w.replacing(w.other({ backup: 'weekly', target: 'copy' }, w.keeping, w.complete)),
      keeps,
      [],
    ],

    ['nothing of the old volumes, with no snapshot on them', w.replacing(w.stopped), w.over, []],
    ['old volumes that a VM snapshot stands on', w.replacing(w.stopped, w.vmSnapshot), w.over, ['fail old volumes']],
    ['none of them, with retain', w.replacing(w.stopped, ...w.onlyHere()), ontoWeb, []],
    ['old volumes of a backup of type snapshot', w.replacing(w.stopped, ...w.onlyHere()), w.over, ['fail old volumes']],
  ])('%s', async (_what, world, request, says) => {
    expect(bad(checkAdmission(await seen(world, request)))).toEqual(says);
  });

  test.each<[keyof SeenPreflight, string]>([
    ['missingNetworks', 'unknown network'],
    ['missingClasses', 'unknown snapshotclass'],
    ['others', 'unknown restores'],
    ['dependentSnapshots', 'unknown old volumes'],
  ])('without the right to %s one check is unknown, and no other', async (field, says) => {
    expect(bad(checkAdmission(await seen(w.sound, w.over, { [field]: forbidden })))).toEqual([says]);
  });
});
