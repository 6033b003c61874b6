import { DRIVER_NAME } from './drivers.ts';

/** The csi-snapshotter sidecar of a pod. */
export interface Snapshotter {
  /** Drivers that the pod names by flag, variable or socket path; may be empty. */
  readonly drivers: readonly string[];
}

const SIDECAR = /(^|\/)csi-snapshotter([-:@]|$)/;
const NAMES_DRIVER = /driver.?name|provisioner.?name|^-*provisioner$/i;
const SOCKET = /\/plugins(?:_registry)?\/([^/]+)/;

/** Finds the sidecar in a pod's spec. Of arguments and variables, only driver names are kept. */
export function snapshotterIn(spec: unknown): Snapshotter | undefined {
  const containers = list(spec, 'containers');
  const found = containers.some((one) => SIDECAR.test(text(one, 'image')) || text(one, 'name') === 'csi-snapshotter');
  if (!found) return undefined;
  const flags = containers.flatMap((one) => namedByFlags([...list(one, 'command'), ...list(one, 'args')]));
  const variables = containers
    .flatMap((one) => list(one, 'env'))
    .flatMap((one) => (NAMES_DRIVER.test(text(one, 'name')) ? [text(one, 'value')] : []));
  const sockets = list(spec, 'volumes').map((one) => SOCKET.exec(text(field(one, 'hostPath'), 'path'))?.[1] ?? '');
  const names = [...flags, ...variables, ...sockets].filter((name) => DRIVER_NAME.test(name));
  return { drivers: [...new Set(names)] };
}

/** `--drivername=x` and `--drivername x`. */
function namedByFlags(args: readonly unknown[]): string[] {
  return args.flatMap((arg, index) => {
    if (typeof arg !== 'string' || !arg.startsWith('-')) return [];
    const [flag = '', value] = arg.split('=', 2);
    if (!NAMES_DRIVER.test(flag)) return [];
    const next = args[index + 1];
    return [value ?? (typeof next === 'string' ? next : '')];
  });
}

const GLEANER = /\bgleaner\b/;

/** Whether a cron job's pods run Gleaner, judging by image name and command. */
export function runsGleaner(jobTemplate: unknown): boolean {
  const pod = field(field(field(jobTemplate, 'spec'), 'template'), 'spec');
  return list(pod, 'containers').some((one) =>
    [text(one, 'image'), ...list(one, 'command'), ...list(one, 'args')].some(
      (word) => typeof word === 'string' && GLEANER.test(word),
    ),
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
function list(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}
function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}
