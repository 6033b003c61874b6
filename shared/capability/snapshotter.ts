import type { Attempted } from '../ports/attempt.ts';
import { attempt, isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { ObjectOf } from '../objects/types.ts';

/** Whether the csi-snapshotter of a driver runs. */
export type SnapshotterState = 'runs' | 'absent' | 'unsure';

const LEASE = 'external-snapshotter-leader-';
/** A lease is renewed every few seconds; clocks may differ by minutes. */
const FRESH_MS = 10 * 60_000;

/** Name of a lease as in csi-lib-utils: every other character than a letter, digit or dash becomes a dash. @testonly */
export function leaseName(driver: string): string {
  const name = LEASE + driver.replaceAll(/[^a-zA-Z0-9-]/g, '-');
  return name.endsWith('-') ? `${name}X` : name;
}

/** Whether a provisioner is a CSI driver. Those of Kubernetes itself are not. */
export const isCsi = (driver: string): boolean => driver !== '' && !driver.startsWith('kubernetes.io/');

/**
 * Looks at leases, then Deployments, then pods, until the answer is certain: a snapshotter without leader election
 * holds no lease, and one in a StatefulSet has no Deployment. Listing all pods is expensive, so it needs `expected`:
 * other evidence that the driver exists.
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
  // Without the list of pods, absence cannot be proven.
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
  // A snapshotter that restarts, or does not name its driver, may be the one.
  return own.length > 0 || there.some(({ drivers }) => drivers.length === 0) ? 'unsure' : 'absent';
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
