/**
 * The repair as a careful operator would do it by hand, with the fewest writes: the content is made anew under its
 * name with the right handle, while its snapshot stays. The scenarios use it to show what the real programs do after
 * a right repair, whatever Gleaner does; and it is the measure for the number of writes.
 */
import type { Client, KubeObject } from '../client.ts';
import { refOf, until } from '../client.ts';
import { contentRef } from './machines.ts';

const BOUND_PROTECTION = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';

/** Volume and backup a wrong handle should have named: the Backup says which volume it is of. */
export async function rightHandle(client: Client, content: KubeObject): Promise<string> {
  const backup = content['spec'].source.snapshotHandle.split('/').at(-1);
  const found = await client.find({
    apiVersion: 'longhorn.io/v1beta2',
    kind: 'Backup',
    namespace: 'longhorn-system',
    name: backup,
  });
  if (found?.['status']?.state !== 'Completed') throw new Error(`Backup ${backup} is not there or not complete`);
  return `bak://${found['status'].volumeName}/${backup}`;
}

/** Replaces a content by one with the right handle; five writes, none of them to the snapshot or the VM backup. */
export async function swapContent(client: Client, name: string): Promise<KubeObject> {
  const old = await client.find(contentRef(name));
  if (!old) throw new Error(`there is no content ${name}`);
  const { uid } = old.metadata;
  const policy = old['spec'].deletionPolicy;
  const snapshotHandle = await rightHandle(client, old);
  if (policy !== 'Retain') await client.patch(refOf(old), { spec: { deletionPolicy: 'Retain' } });
  await client.request('DELETE', await client.path(refOf(old)), {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    preconditions: { uid },
  });
  const leaving = await client.find(refOf(old));
  const at = leaving?.metadata['finalizers']?.indexOf(BOUND_PROTECTION) ?? -1;
  if (at >= 0)
    await client.patch(refOf(old), [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/spec/deletionPolicy', value: 'Retain' },
      { op: 'test', path: `/metadata/finalizers/${at}`, value: BOUND_PROTECTION },
      { op: 'remove', path: `/metadata/finalizers/${at}` },
    ]);
  await until(`content ${name} to be gone`, async () => (await client.find(refOf(old)))?.metadata.uid !== uid);
  const { driver, volumeSnapshotClassName, volumeSnapshotRef } = old['spec'];
  const { namespace, name: snapshot, uid: snapshotUid } = volumeSnapshotRef;
  await client.create({
    apiVersion: old.apiVersion,
    kind: old.kind,
    metadata: {
      name,
      ...(old.metadata['ownerReferences'] ? { ownerReferences: old.metadata['ownerReferences'] } : {}),
    },
    spec: {
      driver,
      volumeSnapshotClassName,
      deletionPolicy: 'Retain',
      source: { snapshotHandle },
      volumeSnapshotRef: { namespace, name: snapshot, uid: snapshotUid },
    },
  });
  const ready = await until(`content ${name} to be ready`, async () => {
    const found = await client.find(contentRef(name));
    return found?.['status']?.readyToUse === true && found;
  });
  return policy === 'Retain' ? ready : client.patch(refOf(old), { spec: { deletionPolicy: policy } });
}
