/**
 * `node bench/list-server.ts COUNT`: an API server that has COUNT recovered VMBackups of one volume each, all right, and
 * answers lists, page by page. Pages are made from one template, so that neither its speed nor its memory is measured.
 * What it does not do: anything but lists.
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

/** Names and ids, which differ from object to object, between what is the same. */
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

/** The one object there is of its kind. */
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

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://lists');
  const parts = templates.get(url.pathname.split('/').at(-1));
  const limit = Number(url.searchParams.get('limit') ?? count);
  const from = Number(url.searchParams.get('continue') ?? 0);
  const to = parts === undefined ? 0 : Math.min(count, from + limit);
  if (url.pathname.endsWith('/backuptargets')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"kind":"List","metadata":{"resourceVersion":"1"},"items":[${target}]}`);
    return;
  }
  const items = Array.from({ length: Math.max(0, to - from) }, (_, at) => fill(parts ?? [], from + at));
  const metadata = JSON.stringify({ resourceVersion: '1', ...(to < count && parts && { continue: String(to) }) });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`{"kind":"List","metadata":${metadata},"items":[${items.join(',')}]}`);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
