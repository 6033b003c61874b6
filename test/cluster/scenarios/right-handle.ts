/** What an operator would find out by hand: the truth that the repairs are measured against. */
import type { Client, KubeObject } from '../client.ts';

/** The handle a content should have had: the Backup itself says which volume it is of. */
export async function rightHandle(client: Client, content: KubeObject): Promise<string> {
  const handle: string = content['spec'].source.snapshotHandle ?? content['status']?.snapshotHandle;
  const name = handle.split('/').at(-1) ?? '';
  const backup = await client.find({
    apiVersion: 'longhorn.io/v1beta2',
    kind: 'Backup',
    namespace: 'longhorn-system',
    name,
  });
  if (backup?.['status']?.state !== 'Completed') throw new Error(`Backup ${name} is not there or not complete`);
  return `bak://${backup['status'].volumeName}/${name}`;
}
