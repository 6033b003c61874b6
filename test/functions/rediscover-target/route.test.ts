import { describe, expect, test } from '@jest/globals';
import { route } from '../../../functions/rediscover-target/route.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import type { KindName, Ref } from '../../../shared/domain/kinds.ts';
import type { Change } from '../../../shared/function.ts';
import { schemas } from '../../../shared/objects/schemas.ts';
import { readerOf } from '../../gen/reader.ts';

const pulled = { volume: make.volumeOf('data'), backup: 'backup-last', version: '1.9' } as const;
const others = (count: number) =>
  Array.from({ length: count }, (_, i) => make.freshBackup({ ...pulled, backup: `backup-${i}` }));
const claiming = (backup: string) =>
  make.vmBackup({
    name: 'nightly',
    entries: [make.volumeEntry({ vmBackup: 'nightly', volumeName: 'disk-0', claim: 'data', backup })],
  });

function change(object: KubeObject, type: 'add' | 'update' | 'delete' = 'update'): Change {
  const { kind, metadata } = object;
  const read = schemas[kind as KindName].parse({ ...object, metadata: { resourceVersion: '1', ...metadata } });
  return { kind, name: metadata.name, namespace: metadata.namespace ?? '', type, object: read } as Change;
}

async function subjects(of: Change, world: KubeObject[] = []): Promise<Ref[]> {
  const considered = route(of);
  if ('findings' in considered) return [];
  return 'subjects' in considered ? [...considered.subjects] : Array.fromAsync(considered.search(readerOf(world)));
}

const target = [{ kind: 'Setting', name: 'backup-target' }];
const setting = (name: string): Change => ({ kind: 'Setting', name, namespace: '', type: 'update' });

describe('rediscover-target looks at the target', () => {
  test('for its own setting, and for no other', async () => {
    expect(await subjects(setting('backup-target'))).toEqual(target);
    expect(await subjects(setting('containerd-registry'))).toEqual([]);
  });

  test('for a backup that is finished, on the target and nobody’s', async () => {
    const last = make.backup(pulled);
    expect(await subjects(change(last), [last])).toEqual(target);
    expect(await subjects(change(last), [last, claiming('backup-last')])).toEqual([]);
    expect(await subjects(change(make.freshBackup(pulled)), [])).toEqual([]);
    expect(await subjects(change(last, 'delete'), [])).toEqual([]);
  });

  test('in a storm of backups only when it is nearly over', async () => {
    const last = make.backup(pulled);
    expect(await subjects(change(last), [last, ...others(1000)])).toEqual([]);
    expect(await subjects(change(last), [last, ...others(10)])).toEqual(target);
  });

  test('for a new StorageClass, and for the end of a restore', async () => {
    const added = make.object('storage.k8s.io/v1', 'StorageClass', { name: 'image' });
    expect(await subjects(change(added, 'add'))).toEqual(target);
    expect(await subjects(change(added, 'update'))).toEqual([]);
    const restore = make.vmRestore({ name: 'r', namespace: 'prod', backup: 'nightly' });
    expect(await subjects(change(restore))).toEqual([]);
    expect(await subjects(change(restore, 'delete'))).toEqual(target);
    expect(await subjects(change({ ...restore, status: { complete: true } }))).toEqual(target);
  });
});
