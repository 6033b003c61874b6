import * as make from '../../sandbox/scenarios/build.ts';
import type { KubeObject } from '../../sandbox/api/types.ts';

/** Longhorn's backup target as plans meet it, connected and listed unless said otherwise. */
export const target = (spec: object = {}, status: object | null = {}): KubeObject =>
  make.object(
    'longhorn.io/v1beta2',
    'BackupTarget',
    { name: 'default', namespace: 'longhorn-system' },
    {
      spec: { backupTargetURL: 's3://vm-backups@eu-central-1/', ...spec },
      ...(status && { status: { available: true, lastSyncedAt: '2025-03-02T02:00:03Z', ...status } }),
    },
  );
/** There in every world that says nothing else of it. */
export const withTarget = (world: KubeObject[]): KubeObject[] =>
  world.some(({ kind }) => kind === 'BackupTarget') ? world : [target(), ...world];

/** After it was listed last. */
const asked = '2025-03-02T03:00:00Z';
export const away = () => target({}, { available: false });
export const elsewhere = () => target({ backupTargetURL: 's3://elsewhere@eu-central-1/' });
export const unlisted = () => target({ syncRequestedAt: asked });
export const neverListed = () => target({}, { lastSyncedAt: null });
export const unlistedVolume = (volume: string) =>
  make.backupVolume(volume, '1.9', make.withSpec({ syncRequestedAt: asked }));

/** Without the shape of its kind, as no API server with the right CRDs would let it in. */
export const odd: make.Modifier = (o) => {
  if (o.kind === 'VolumeSnapshot') o.spec = { x: 1 };
  else if (o.kind === 'Backup') o['status'] = { state: 5 };
  else o.spec.deletionPolicy = 'Keep';
};
