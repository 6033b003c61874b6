import type { KindName } from '../domain/kinds.ts';
import { kinds } from '../domain/kinds.ts';
import type { AnyFunction, Watch } from '../function.ts';
import { BROKER } from './broker.ts';
import { clocks } from './clocks.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';
import { account } from './rights.ts';

const ACCOUNT = 'gleaner-sources';

type Watching = readonly Pick<AnyFunction, 'name' | 'watches'>[];

/**
 * A VMBackup's status holds copies of the VM's secrets, the spec of a VM or instance its cloud-init, a Setting's value
 * keys and certificates. An event with the object would carry them into broker and logs.
 */
const withSecrets: ReadonlySet<KindName> = new Set([
  'VirtualMachineBackup',
  'VirtualMachine',
  'VirtualMachineInstance',
  'Setting',
]);

/** Kinds that any function watches in this mode, in the order of `kinds`. */
function watchedKinds(functions: Watching, mode: Watch['mode']): KindName[] {
  const watched = new Set(functions.flatMap((fn) => fn.watches.filter((w) => w.mode === mode).map((w) => w.kind)));
  return (Object.keys(kinds) as KindName[]).filter((kind) => watched.has(kind));
}

/**
 * The event sources: one per mode for all functions, and the PingSources.
 * @throws Error if a function watches a kind with secrets by object
 */
export function sources(functions: Watching, options: ManifestOptions): Commented[] {
  const carried = watchedKinds(functions, 'resource');
  const named = watchedKinds(functions, 'reference');
  const secret = carried.find((kind) => withSecrets.has(kind));
  if (secret !== undefined) throw new Error(`${secret} holds secrets: watch it by reference`);
  const rules = (Object.keys(kinds) as KindName[])
    .filter((kind) => carried.includes(kind) || named.includes(kind))
    .map((kind) => ({
      group: kinds[kind].group,
      resource: kinds[kind].plural,
      verbs: ['get', 'list', 'watch'],
    }));
  return [
    ...account(ACCOUNT, 'sources', options.namespace, rules, 'The sources may read only the kinds that they watch.'),
    ...apiServerSource(
      'gleaner-resource',
      'Resource',
      carried,
      options,
      'Events that carry the object; most of them need no call.',
    ),
    ...apiServerSource(
      'gleaner-reference',
      'Reference',
      named,
      options,
      'Events that carry only a reference, for kinds whose objects hold secrets.',
    ),
    ...clocks(functions, options, toBroker),
  ];
}

function apiServerSource(
  name: string,
  mode: 'Resource' | 'Reference',
  watched: readonly KindName[],
  { namespace }: ManifestOptions,
  why: string,
): Commented[] {
  if (watched.length === 0) return [];
  const manifest = {
    apiVersion: 'sources.knative.dev/v1',
    kind: 'ApiServerSource',
    metadata: { name, namespace, labels: labels('sources') },
    spec: {
      serviceAccountName: ACCOUNT,
      mode,
      resources: watched.map((kind) => ({ apiVersion: kinds[kind].apiVersion, kind })),
      namespaceSelector: {}, // all namespaces, with one watch per kind
      sink: toBroker,
    },
  };
  return [{ why, manifest }];
}

const toBroker = { ref: { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name: BROKER } };

/**
 * The resource name that Knative's source derives from a kind. It does not ask the API server: a kind with an irregular
 * plural would silently never be watched.
 *
 * @testonly
 */
export function guessedPlural(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular.endsWith('endpoints')) return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return `${singular}s`;
}
