/** The usual beginning of a disaster: cluster A takes backups, is lost, and cluster B recovers them from the target. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, KubeObject } from '../client.ts';
import { until } from '../client.ts';
import { adminClient, down, up } from '../cluster.ts';
import { rescanBackupTarget, setBackupTarget } from '../harvester.ts';
import type { Choice } from '../parts.ts';
import { runFolder } from '../places.ts';
import type { BedState } from '../state.ts';
import { backupRef, backUp, contentsOf, isReady, makeMachine } from './machines.ts';

export interface Recovered {
  readonly bed: BedState;
  readonly client: Client;
  /** Longhorn volume of each disk as cluster A had it, by the name of the volume in the VM. */
  readonly volumes: Readonly<Record<string, string>>;
}

export interface Story {
  readonly choice: Choice;
  readonly namespace: string;
  readonly machine: string;
  readonly backups: readonly string[];
  readonly disks: number;
}

/** Plays the story and gives cluster B, with every backup recovered and ready. */
export async function recoveredCluster(
  title: string,
  { choice, namespace, machine, backups, disks }: Story,
): Promise<Recovered> {
  const store = join(runFolder(title), '..', `${title}-store`);
  await rm(store, { recursive: true, force: true });
  const volumes = await onClusterA();
  const bed = await up({ name: title, choice, store });
  const client = await adminClient(bed);
  await setBackupTarget(bed, client, REFRESH);
  for (const name of backups) await recovered(client, namespace, name);
  return { bed, client, volumes };

  async function onClusterA(): Promise<Record<string, string>> {
    const lost = await up({ name: title, choice, store });
    const on = await adminClient(lost);
    await setBackupTarget(lost, on, REFRESH);
    await makeMachine(on, { namespace, name: machine, disks });
    const found: Record<string, string> = {};
    for (const name of backups) {
      const backup = await backUp(on, { namespace, machine, name });
      for (const it of backup['status'].volumeBackups) found[it.volumeName] = it.persistentVolumeClaim.spec.volumeName;
    }
    await down(title);
    return found;
  }
}

/** An interval above zero: at zero Harvester 1.4.2 looks at the setting again without a pause. */
const REFRESH = { refreshIntervalInSeconds: 5 };

/** Harvester scans at once, mostly before Longhorn knows the backups; then it must be asked to scan again. */
async function recovered(client: Client, namespace: string, name: string): Promise<KubeObject> {
  let asked = Date.now();
  return until(
    `backup ${namespace}/${name} to be recovered from the target`,
    async () => {
      const found = await client.find(backupRef(namespace, name));
      if (found && isReady(found) && (await contentsOf(client, backupRef(namespace, name))).length > 0) return found;
      if (!found && Date.now() - asked > 8_000) {
        asked = Date.now();
        await rescanBackupTarget(client);
      }
      return undefined;
    },
    120_000,
  );
}
