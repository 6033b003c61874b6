import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { judgeChain } from '../../../shared/chain/links.ts';
import type { RestoreRequest } from '../../../shared/restore/seen-preflight.ts';
import { checkVersion } from '../../../shared/restore/harvester-versions.ts';
import * as w from '../../functions/preflight-restore/world.ts';
import { forbidden, seen } from './seen.ts';

const of = (release: string, ...objects: KubeObject[]) => w.replacing(w.version(release), ...objects);
const wrong = w.wrongPair;
const lax = (world: KubeObject[]) => [...w.lacking(world, 'BackupVolume'), make.backupVolume(w.V, '1.7')];
const over: Partial<RestoreRequest> = w.over;
const withVM = (release: string) => of(release, w.sourceVM());

describe('what each release of Harvester does', () => {
  test.each<[string, KubeObject[], Partial<RestoreRequest>, string]>([
    ['1.6 elsewhere', w.sound, {}, 'pass'],
    ['1.6 at home', w.sound, w.home, 'pass'],
    ['1.4 at home, the handle right', of('v1.4.2'), w.home, 'pass'],
    ['1.9 at home, the handle right', of('v1.9.0'), w.home, 'pass'],
    ['1.4 elsewhere', of('v1.4.2'), {}, 'fail'],
    ['1.4 elsewhere, on Longhorn 1.7', lax(of('v1.4.2')), {}, 'warn'],
    ['1.5 elsewhere', of('v1.5.0'), {}, 'pass'],
    ['1.4 at home, the handle wrong', of('v1.4.2', ...wrong), w.home, 'fail'],
    ['1.4 at home, the handle wrong, on Longhorn 1.7', lax(of('v1.4.2', ...wrong)), w.home, 'warn'],
    // It repairs the handle itself.
    ['1.8 at home, the handle wrong', of('v1.8.0', ...wrong), w.home, 'warn'],
    ['1.9 at home, the handle wrong', of('v1.9.0', ...wrong), w.home, 'fail'],
    ['1.8 at home, the content gone', w.lacking(of('v1.8.0'), 'VolumeSnapshotContent'), w.home, 'pass'],
    ['1.9 at home, the content gone', w.lacking(of('v1.9.0'), 'VolumeSnapshotContent'), w.home, 'fail'],
    ['1.4 at home, the content of another name', [...of('v1.4.2').filter(w.noPair), ...w.misnamed()], w.home, 'pass'],
    ['1.5 at home, the content of another name', [...of('v1.5.0').filter(w.noPair), ...w.misnamed()], w.home, 'fail'],
    ['1.6 over a VM that is gone', of('v1.6.1'), over, 'pass'],
    ['1.7 over a VM that is gone', of('v1.7.0'), over, 'warn'],
    ['1.8 over a VM that is gone', of('v1.8.0'), over, 'fail'],
    ['1.8 over a VM that is there', withVM('v1.8.0'), over, 'pass'],
    ['1.8 over a VM that is gone, with retain', of('v1.8.0'), { ...over, retain: true }, 'pass'],
    ['no release', of('master-head'), {}, 'unknown'],
    ['no version', w.sound.filter(w.isBut('Setting', 'server-version')), {}, 'unknown'],
  ])('%s', async (_what, world, request, result) => {
    const one = await seen(world, request);
    expect(checkVersion(one, judgeChain(one.chain!, w.nowMs)).result).toBe(result);
  });

  test('is unknown without the right to the version', async () => {
    expect(checkVersion(await seen(w.sound, {}, { version: forbidden }), []).result).toBe('unknown');
  });
});
