import { expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { checkMode } from '../../../shared/restore/mode.ts';
import type { ChainVolume } from '../../../shared/chain/chain.ts';
import { decoded } from '../../gen/decoded.ts';

const ALLOWS = 'snapshot.storage.kubernetes.io/allow-volume-mode-change';
const volume = (recorded: string | null, was: string | null, allows?: string): ChainVolume => ({
  entry: { volumeName: 'disk-0', persistentVolumeClaim: { spec: { volumeMode: recorded } } },
  snapshot: undefined,
  contentName: 'web-vsc',
  content: decoded(
    'VolumeSnapshotContent',
    make.content(
      { snapshot: 'web', handle: 'bak://v/b' },
      make.withSpec({ sourceVolumeMode: was }),
      ...(allows === undefined ? [] : [make.annotated({ [ALLOWS]: allows })]),
    ),
  ),
  longhorn: undefined,
  backupVolumes: [],
});

test.each<[string, ChainVolume, boolean]>([
  ['the same', volume('Block', 'Block'), true],
  ['the same by default', volume(null, 'Filesystem'), true],
  ['a content without a mode', volume('Block', null), true],
  ['no content', { ...volume('Filesystem', 'Block'), content: undefined }, true],
  ['another, and it is allowed', volume('Filesystem', 'Block', 'true'), true],
  ['another, and it is allowed as Go has it', volume('Filesystem', 'Block', '1'), true],
  ['another', volume('Filesystem', 'Block'), false],
  ['another by default', volume(null, 'Block'), false],
  ['a file system to a device', volume('Block', 'Filesystem'), false],
  ['another, and it is not allowed', volume('Filesystem', 'Block', 'false'), false],
  ['another, and what is no yes', volume('Filesystem', 'Block', 'yes'), false],
])('a claim in %s mode: %#', (_what, one, fits) => {
  const check = checkMode(one);
  if (fits) expect(check).toBeUndefined();
  else
    expect(check).toMatchObject({
      result: 'fail',
      volume: 'disk-0',
      cure: `kubectl annotate volumesnapshotcontents.snapshot.storage.k8s.io web-vsc ${ALLOWS}=true`,
    });
});
