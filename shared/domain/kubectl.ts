import type { KindName, Ref } from './kinds.ts';
import { kinds, ref } from './kinds.ts';

/**
 * Builds every command that Gleaner prints. Pure; throws nothing. Resources include their API group, because several
 * groups have a `backup`, a `volume` or a `setting`. Names and patches are quoted for a POSIX shell, so a command can be
 * pasted as it is. Namespaced objects get `-n NAMESPACE`.
 */

/** `virtualmachinebackups.harvesterhci.io`; without a suffix for the core group. */
function resourceOf(kind: KindName): string {
  const { plural, group } = kinds[kind];
  return group === '' ? plural : `${plural}.${group}`;
}

/** Quotes one word for the shell, if it contains special characters. @testonly */
export const quote = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The value of kubectl's `-o`: `yaml`, `jsonpath={.status}`. */
type Output = string;

/** Which objects a listing shows, and how. */
export interface Listing {
  /** Default: all namespaces. */
  readonly namespace?: string | undefined;
  /** Labels that must all be equal. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly output?: Output;
}

/**
 * Shows one object.
 *
 * @param output default `yaml`
 * @example
 * getCommand(ref('VolumeSnapshot', 'web-0', 'prod'));
 * // kubectl get volumesnapshots.snapshot.storage.k8s.io web-0 -n prod -o yaml
 */
export const getCommand = (object: Ref, output: Output = 'yaml'): string =>
  `kubectl get ${words(object)}${outputOf(output)}`;

/** Shows only the finalizers of an object. */
export const showFinalizersCommand = (object: Ref): string => getCommand(object, 'jsonpath={.metadata.finalizers}');

export const describeCommand = (object: Ref): string => `kubectl describe ${words(object)}`;

export const editCommand = (object: Ref): string => `kubectl edit ${words(object)}`;

/** Deletes an object. The caller must know that no backup data is deleted with it. */
export const deleteCommand = (object: Ref): string => `kubectl delete ${words(object)}`;

/** Lists the objects of one kind, or of several kinds with the same scope. Works if there are none. */
export function listCommand(
  kind: KindName | readonly KindName[],
  { namespace, labels = {}, output }: Listing = {},
): string {
  const all: readonly KindName[] = typeof kind === 'string' ? [kind] : kind;
  const where = !all.some((one) => kinds[one].namespaced) ? '' : namespace ? ` -n ${quote(namespace)}` : ' -A';
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const selected = selector.length === 0 ? '' : ` -l ${quote(selector.join(','))}`;
  return `kubectl get ${all.map(resourceOf).join(',')}${where}${selected}${output === undefined ? '' : outputOf(output)}`;
}

/** Patches an object: with a JSON patch if `patch` is an array, else with a merge patch. */
export const patchCommand = (object: Ref, patch: object): string =>
  `kubectl patch ${words(object)} --type=${Array.isArray(patch) ? 'json' : 'merge'} -p ${quote(JSON.stringify(patch))}`;

/** Sets one annotation. kubectl refuses if the annotation exists with another value. */
export const annotateCommand = (object: Ref, key: string, value: string): string =>
  `kubectl annotate ${words(object)} ${quote(`${key}=${value}`)}`;

/**
 * Sets an annotation to the current time in seconds, replacing any value, so that controllers look at the object again.
 */
export const touchCommand = (object: Ref, key: string): string =>
  `kubectl annotate ${words(object)} --overwrite ${quote(key)}="$(date +%s)"`;

/** Creates the object or updates it to this form. */
export const applyCommand = (object: object): string => `echo ${quote(JSON.stringify(object))} | kubectl apply -f -`;

/** Creates the object, also one with `generateName`. */
export const createCommand = (object: object): string => `echo ${quote(JSON.stringify(object))} | kubectl create -f -`;

export const createNamespaceCommand = (name: string): string => `kubectl create namespace ${quote(name)}`;

/** Sets a content to Retain, so that its data on the target is kept if the content is deleted. */
export const retainCommand = (content: string): string =>
  patchCommand(ref('VolumeSnapshotContent', content), { spec: { deletionPolicy: 'Retain' } });

/** Runs a program in a container of the one running pod with these labels. */
export const execCommand = (
  { namespace, labels, container }: { namespace: string; labels: Readonly<Record<string, string>>; container: string },
  ...program: readonly string[]
): string =>
  `kubectl exec -n ${quote(namespace)} -c ${quote(container)} ` +
  `$(${listCommand('Pod', { namespace, labels, output: 'name' })} --field-selector status.phase=Running) -- ${program.map(quote).join(' ')}`;

/**
 * Prints matching log lines of all pods with these labels.
 * @param pattern extended regular expression, case-insensitive
 */
export const logsCommand = (namespace: string, labels: Readonly<Record<string, string>>, pattern: string): string => {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `kubectl logs -n ${quote(namespace)} -l ${quote(selector.join(','))} --tail=-1 | grep -iE ${quote(pattern)}`;
};

/** `RESOURCE NAME -n NAMESPACE`. */
const words = ({ kind, name, namespace }: Ref): string =>
  `${resourceOf(kind)} ${quote(name)}${kinds[kind].namespaced && namespace ? ` -n ${quote(namespace)}` : ''}`;

const outputOf = (output: Output): string => {
  const [format = '', ...rest] = output.split('=');
  return ` -o ${format}${rest.length === 0 ? '' : `=${quote(rest.join('='))}`}`;
};
