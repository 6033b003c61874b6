/** How snapshots and contents get lost, and how VM backups come to have pairs that were not taken here. */
import type { Client, KubeObject, Reference } from '../client.ts';
import { refOf, until } from '../client.ts';
import { disconnectBackupTarget, rescanBackupTarget, setBackupTarget } from '../harvester.ts';
import type { BedState } from '../state.ts';
import { contentsOf, isReady } from './machines.ts';

const SNAPSHOTS = 'snapshot.storage.k8s.io/v1';

const snapshotRef = (namespace: string, name: string): Reference => ({
  apiVersion: SNAPSHOTS,
  kind: 'VolumeSnapshot',
  namespace,
  name,
});

/** The snapshot a content belongs to. */
export const snapshotOf = (content: KubeObject): Reference =>
  snapshotRef(content['spec'].volumeSnapshotRef.namespace, content['spec'].volumeSnapshotRef.name);

/**
 * Removes a VM backup's snapshot, its content, or both, of its one volume. The content is put on Retain before, as somebody
 * does who cleans up and has read that much: the backup stays.
 */
export async function lose(
  client: Client,
  backup: Reference,
  what: 'snapshot' | 'content' | 'both',
): Promise<KubeObject> {
  const [content] = await contentsOf(client, backup);
  if (content === undefined) throw new Error(`${backup.name} has no volume`);
  const ref = refOf(content);
  const gone = (it: Reference) => until(`${it.name} to be gone`, async () => (await uidOf(client, it)) === undefined);
  await client.patch(ref, { spec: { deletionPolicy: 'Retain' } });
  if (what !== 'content') {
    await client.remove(snapshotOf(content));
    await gone(snapshotOf(content));
  }
  if (what === 'snapshot') return content;
  await client.remove(ref);
  // Its snapshot holds it; whoever deletes a content that hangs takes the finalizer off.
  if ((await uidOf(client, ref)) === content.metadata.uid)
    await client.patch(ref, { metadata: { finalizers: null } }).catch(() => undefined);
  await until(`${ref.name} to be gone`, async () => (await uidOf(client, ref)) !== content.metadata.uid);
  return content;
}

const uidOf = async (client: Client, ref: Reference): Promise<string | undefined> =>
  (await client.find(ref))?.metadata.uid;

/** Deletes VM backups while their target is away and has Harvester find them there again: pairs with a handle in `spec`. */
export async function recoverHere(bed: BedState, client: Client, refs: readonly Reference[]): Promise<void> {
  const contents = (await Promise.all(refs.map((ref) => contentsOf(client, ref)))).flat().map(refOf);
  await disconnectBackupTarget(client);
  for (const ref of refs) await client.remove(ref);
  // Their contents too: one that is deleted after the target is back takes its backup with it.
  await until('the VM backups and their contents to be gone', async () => {
    for (const ref of [...refs, ...contents]) if (await client.find(ref)) return false;
    return true;
  });
  await setBackupTarget(bed, client, { refreshIntervalInSeconds: 5 });
  let asked = Date.now();
  await until(
    'the VM backups to be found on the target again',
    async () => {
      if (Date.now() - asked > 8_000) {
        asked = Date.now();
        await rescanBackupTarget(client);
      }
      for (const ref of refs) {
        if (!isReady(await client.find(ref))) return false;
        await contentsOf(client, ref);
      }
      return true;
    },
    90_000,
  );
}
