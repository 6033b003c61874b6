/**
 * `node bench/list-server.ts COUNT`: an API server with COUNT recovered, healthy VMBackups of one volume each. It serves
 * paginated lists and API discovery, but no single objects. Pages are rendered from one template, so that its own speed
 * and memory do not affect the measurement.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { recoveredChain } from '../sandbox/scenarios/chain.ts';

const count = Number(process.argv[2]);
const disks = [{ claim: 'zzvm-disk', handle: 'right' as const }];
const chain = recoveredChain({ name: 'zzvm-nightly', vm: 'zzvm', disks, longhorn: '1.9' });

const plurals: Record<string, string> = {
  VirtualMachineBackup: 'virtualmachinebackups',
  VolumeSnapshotContent: 'volumesnapshotcontents',
  VolumeSnapshot: 'volumesnapshots',
  Backup: 'backups',
  BackupVolume: 'backupvolumes',
};

/** Object texts, split where names and ids differ. */
const templates = new Map(
  chain.map((object) => {
    const whole = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    return [plurals[object.kind], JSON.stringify(whole).split(/(zzvm|(?<=-)[0-9a-f]{12}(?=[0-9a-f]{4}\b|\b))/)];
  }),
);

const fill = (parts: readonly string[], index: number): string => {
  const hex = index.toString(16).padStart(12, '0');
  const id = String(index).padStart(6, '0');
  return parts.map((part, at) => (at % 2 === 0 ? part : part === 'zzvm' ? `vm-${id}` : hex)).join('');
};

/** The only object of its kind, and the setting that it comes from. */
const target = JSON.stringify({
  apiVersion: 'longhorn.io/v1beta2',
  kind: 'BackupTarget',
  metadata: { name: 'default', namespace: 'longhorn-system', uid: 'target', resourceVersion: '1' },
  spec: { backupTargetURL: 's3://vm-backups@eu-central-1/', pollInterval: '5m0s' },
  status: {
    available: true,
    lastSyncedAt: '2025-03-02T02:00:03Z',
    conditions: [{ type: 'Unavailable', status: 'False' }],
  },
});

const setting = JSON.stringify({
  apiVersion: 'harvesterhci.io/v1beta1',
  kind: 'Setting',
  metadata: { name: 'backup-target', uid: 'setting', resourceVersion: '1' },
  value: JSON.stringify({ type: 's3', endpoint: '', bucketName: 'vm-backups', bucketRegion: 'eu-central-1' }),
});
const single: Record<string, string> = { backuptargets: target, settings: setting };

/** The resources of each API group. Groups that are missing here are not installed. */
const resources: Record<string, readonly string[]> = {
  '/apis/harvesterhci.io/v1beta1': ['virtualmachinebackups', 'virtualmachinerestores', 'settings'],
  '/apis/longhorn.io/v1beta2': ['backups', 'backupvolumes', 'backuptargets'],
  '/apis/snapshot.storage.k8s.io/v1': ['volumesnapshotcontents', 'volumesnapshots'],
};

/** The last path segment of the lists that it serves. Other kinds have no objects. */
const lists: ReadonlySet<string> = new Set([...Object.values(resources).flat(), 'storageclasses']);

function answerTo(url: URL): string | undefined {
  const served = resources[url.pathname];
  if (served !== undefined) {
    return JSON.stringify({ kind: 'APIResourceList', resources: served.map((name) => ({ name })) });
  }
  const plural = url.pathname.split('/').at(-1) ?? '';
  if (!lists.has(plural)) return undefined;
  const alone = single[plural];
  if (alone !== undefined) return `{"kind":"List","metadata":{"resourceVersion":"1"},"items":[${alone}]}`;
  const parts = templates.get(plural);
  const limit = Number(url.searchParams.get('limit') ?? count);
  const from = Number(url.searchParams.get('continue') ?? 0);
  const to = parts === undefined ? 0 : Math.min(count, from + limit);
  const items = Array.from({ length: Math.max(0, to - from) }, (_, at) => fill(parts ?? [], from + at));
  const metadata = JSON.stringify({ resourceVersion: '1', ...(to < count && parts && { continue: String(to) }) });
  return `{"kind":"List","metadata":${metadata},"items":[${items.join(',')}]}`;
}

/** As an API server: a 404 names a missing object, but not a path that is not served. */
function notFound(url: URL): string {
  const [plural = '', name] = url.pathname.split('/').slice(-2);
  const details = lists.has(plural) || plural === 'configmaps' ? { name } : {};
  return JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'NotFound', details, code: 404 });
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://lists');
  const body = answerTo(url);
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(body ?? notFound(url));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
