import { describe, expect, test } from '@jest/globals';
import { Config } from '../../../functions/preflight-restore/config.ts';
import { observe, verdictName } from '../../../functions/preflight-restore/observe.ts';
import { plan } from '../../../functions/preflight-restore/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { RetryableError, TerminalError } from '../../../shared/ports/errors.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { preflight } from '../../../shared/restore/checks.ts';
import { readPreflight } from '../../../shared/restore/read.ts';
import { readerOf } from '../../gen/reader.ts';
import {
  nowMs,
  version,
  sound,
  isBut,
  without,
  replacing,
  quota,
  vm,
  elsewhere,
  run,
  bad,
  replacingIt,
} from './world.ts';

const bucket = { bucketName: 'vm-backups', bucketRegion: 'eu-central-1' };

describe('a preflight', () => {
  test('what may not be read makes one check unknown, and no other', async () => {
    const reader = readerOf(sound);
    const refusing: Reader = {
      ...reader,
      list: (kind, options) => {
        if (kind === 'ResourceQuota') throw new TerminalError('list ResourceQuota (all): 403 Forbidden', 403);
        return reader.list(kind, options);
      },
    };
    expect(bad(await run(sound, elsewhere, refusing))).toEqual(['unknown quota']);
  });

  test('a bucket under another address is another target to Harvester, and no key of the setting is seen', async () => {
    const moved = (endpoint: string) =>
      make.setting('backup-target', {
        value: JSON.stringify({ type: 's3', endpoint, ...bucket, accessKeyId: 'AK', secretAccessKey: 'SK-hidden' }),
      });
    expect(bad(await run(replacing(moved('')), elsewhere))).toEqual([]);
    expect(bad(await run(replacing(moved('https://10.0.0.7:9000')), elsewhere))).toEqual(['fail target']);
    const seen = await readPreflight(readerOf(replacing(moved('https://10.0.0.7:9000'))), elsewhere);
    expect(JSON.stringify([seen, preflight(seen, nowMs)])).not.toContain('SK-hidden');
  });

  test('what is asked at a bad moment is asked again: a verdict is given once', async () => {
    const reader = readerOf(sound);
    const busy: Reader = {
      ...reader,
      get: async (kind, name, namespace) => {
        if (kind === 'Namespace') throw new RetryableError('get Namespace finance: 503', 503);
        return reader.get(kind, name, namespace);
      },
    };
    await expect(run(sound, elsewhere, busy)).rejects.toThrow(RetryableError);
  });

  test('a mistake of Gleaner’s own is thrown, and no check is unknown for it', async () => {
    const reader = readerOf(sound);
    const broken: Reader = {
      ...reader,
      list: (kind, options) => {
        if (kind === 'ResourceQuota') throw new TypeError('undefined is not iterable');
        return reader.list(kind, options);
      },
    };
    await expect(run(sound, elsewhere, broken)).rejects.toThrow(TypeError);
  });

  test('nothing of the VM’s secrets is in it', async () => {
    const seen = await readPreflight(readerOf(sound), elsewhere);
    const text = JSON.stringify([seen, preflight(seen, nowMs)]);
    expect(text).toContain('web-credentials');
    for (const secret of make.secretMarkers) expect(text).not.toContain(secret);
  });
});

describe('preflight-restore', () => {
  const restore = (...modifiers: make.Modifier[]) =>
    make.vmRestore(
      { name: 'r1', namespace: 'finance', backup: 'nightly', target: 'web' },
      ({ metadata }) => void (metadata.creationTimestamp = '2025-05-31T23:59:50Z'),
      ...modifiers,
    );
  const at = ref('VirtualMachineRestore', 'r1', 'finance');
  const decide = async (world: readonly KubeObject[]) =>
    plan(await observe(readerOf(world), at), Config.parse({}), nowMs);
  const told = (): KubeObject => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: verdictName(restore() as any), namespace: 'finance', uid: 'e' },
  });

  test('a cure that is a sentence stands in the message, and is no command', async () => {
    const over = restore(make.withSpec({ newVM: false }));
    const [finding] = (await decide([...sound, over])).findings;
    expect(finding?.message).toMatch(
      /VM finance\/web, which the restore would replace, does not exist \(restore to a new VM\)/,
    );
    expect(finding?.command).toBeUndefined();
  });
  const claimed = make.withStatus({
    complete: false,
    restores: [
      { volumeName: 'disk-0', persistentVolumeClaimSpec: { metadata: { name: 'restored', namespace: 'finance' } } },
    ],
  });

  test.each([
    ['RestoreGone', 'it is gone', sound],
    ['RestoreComplete', 'it is complete', [...sound, restore(make.withStatus({ complete: true }))]],
    ['RestoreDeleting', 'it is being deleted', [...sound, restore(make.deleting)]],
    ['PreflightTold', 'its verdict stands', [...sound, restore(), told()]],
    [
      'RestoreRunning',
      'it began long ago',
      [...sound, restore(({ metadata }) => void (metadata.creationTimestamp = '2025-05-31T22:00:00Z'))],
    ],
  ])('says %s and writes nothing when %s', async (reason, _when, world) => {
    const { findings, records = [] } = await decide(world);
    expect(findings.map((f) => f.reason)).toEqual([reason]);
    expect(records).toEqual([]);
  });

  test.each([
    ['PreflightPassed', 'Normal', sound],
    ['PreflightWarned', 'Normal', without('VirtualMachineImage')],
    ['PreflightFailed', 'Warning', replacing(version('v1.4.2'))],
  ])('says %s in an Event of type %s on the restore', async (reason, type, world) => {
    const { findings, records } = await decide([...world, restore()]);
    expect(findings.map((f) => f.reason)).toEqual([reason]);
    expect(records).toMatchObject([{ do: 'recordEvent', event: { type, reason, regarding: at } }]);
  });

  test('a VM that somebody else has made since is', async () => {
    const machine = vm('web', 'finance');
    machine.metadata.creationTimestamp = '2025-05-31T23:59:55Z';
    const { findings } = await decide([...sound, restore(claimed), machine]);
    expect(findings).toMatchObject([{ reason: 'PreflightFailed', message: expect.stringContaining('fail vm:') }]);
  });

  test('a VM that this restore has started is no VM that runs', async () => {
    const machine = vm('web', 'finance', 'Running');
    const onto = restore(claimed, replacingIt);
    make.annotated({ 'restore.harvesterhci.io/last-restore-uid': `r1-${onto.metadata.uid}` })(machine);
    expect((await decide([...sound, onto, machine])).findings.map((f) => f.reason)).toEqual(['PreflightPassed']);
  });

  test('what fails comes before what is only a warning', async () => {
    const { records } = await decide(
      [...without('VirtualMachineImage'), version('v1.4.2'), restore()].filter(
        isBut('StorageClass', 'harvester-longhorn'),
      ),
    );
    const note = (records?.[0] as any).event.note as string;
    expect(note.indexOf('fail storageclass')).toBeLessThan(note.indexOf('warn image'));
  });

  test('what the restore itself has made is not in its way', async () => {
    const machine = vm('web', 'finance');
    make.annotated({ 'restore.harvesterhci.io/last-restore-uid': `r1-${restore().metadata.uid}` })(machine);
    const world = [
      ...sound,
      restore(claimed),
      machine,
      make.claim('restored', 'finance'),
      quota({ persistentvolumeclaims: '1' }, { persistentvolumeclaims: '1' }),
    ];
    expect((await decide(world)).findings.map((f) => f.reason)).toEqual(['PreflightPassed']);
  });
});
