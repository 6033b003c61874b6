import type { Attempted } from '../ports/attempt.ts';
import { attempt, isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { ObjectOf } from '../objects/types.ts';

/** Whether the sidecar that takes snapshots of a driver is at work. */
export type SnapshotterState = 'runs' | 'absent' | 'unsure';

const LEASE = 'external-snapshotter-leader-';
/** A lease is renewed every few seconds; clocks may differ by minutes. */
const FRESH_MS = 10 * 60_000;

/** As csi-lib-utils makes the name of a lease: what is no letter, digit or dash becomes a dash. @testonly */
export function leaseName(driver: string): string {
  const name = LEASE + driver.replaceAll(/[^a-zA-Z0-9-]/g, '-');
  return name.endsWith('-') ? `${name}X` : name;
}

/** Provisioners of Kubernetes' own are no CSI drivers. */
export const isCsi = (driver: string): boolean => driver !== '' && !driver.startsWith('kubernetes.io/');

/**
 * Looks at leases, then deployments, then pods, each only where the one before does not settle it: a snapshotter that runs
 * by itself holds no lease, and one of a StatefulSet is in no deployment. All pods of a cluster are much to read: they are
 * only for a driver that something speaks for (`expected`).
 */
export async function readSnapshotter(
  reader: Reader,
  driver: string,
  nowMs: number,
  expected: boolean,
): Promise<Attempted<SnapshotterState>> {
  if (!isCsi(driver)) return { found: 'absent' };
  const leases = await attempt(() => all(reader.list('Lease')));
  if (isFound(leases) && leases.found.some((lease) => isHeld(lease, driver, nowMs))) return { found: 'runs' };
  const deployments = await attempt(() => all(reader.list('Deployment')));
  const inDeployments = isFound(deployments) ? among(deployments.found, driver) : 'absent';
  if (inDeployments === 'runs') return { found: 'runs' };
  if (!expected && isFound(deployments)) return { found: inDeployments };
  const pods = await attempt(() => all(reader.list('Pod')));
  const inPods = isFound(pods) ? among(pods.found, driver) : 'absent';
  // Whoever sees all pods sees enough; without them nobody can say that there is none.
  if (!isFound(pods)) return pods;
  return { found: inPods === 'absent' ? inDeployments : inPods };
}

function isHeld({ metadata, spec }: ObjectOf<'Lease'>, driver: string, nowMs: number): boolean {
  if (metadata.name !== leaseName(driver) || !spec?.holderIdentity) return false;
  return nowMs - Date.parse(spec.renewTime ?? '') < FRESH_MS;
}

type Workload = Pick<ObjectOf<'Pod' | 'Deployment'>, 'snapshotter' | 'ready'>;

function among(workloads: readonly Workload[], driver: string): SnapshotterState {
  const there = workloads.flatMap(({ snapshotter, ready }) =>
    snapshotter === undefined ? [] : [{ drivers: snapshotter.drivers, ready }],
  );
  const own = there.filter(({ drivers }) => drivers.includes(driver));
  if (own.some(({ ready }) => ready)) return 'runs';
  // One that restarts is no reason to say that there is none, nor is one that does not say whose it is.
  return own.length > 0 || there.some(({ drivers }) => drivers.length === 0) ? 'unsure' : 'absent';
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
