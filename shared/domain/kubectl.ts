import type { KindName, Ref } from './kinds.ts';
import { kinds, ref } from './kinds.ts';

/**
 * The commands that Gleaner prints, and the only place that spells them. Resources are qualified by their group, since
 * several groups have a `backup`, a `volume`, a `setting` or a `vmbackup`; names and patches are quoted for a POSIX shell.
 * Namespaced objects are given with their namespace.
 */

/** `virtualmachinebackups.harvesterhci.io`; of the core group `persistentvolumeclaims`. */
function resourceOf(kind: KindName): string {
  const { plural, group } = kinds[kind];
  return group === '' ? plural : `${plural}.${group}`;
}

/** One word for the shell: as it is where nothing in it is special, else in single quotes. @testonly */
export const quote = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** As kubectl's `-o` has it: `yaml`, `jsonpath={.status}`. */
type Output = string;

export interface Listing {
  /** All namespaces, when absent. */
  readonly namespace?: string | undefined;
  /** Label equality. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly output?: Output;
}

/** Shows an object that exists. `output` is `yaml` unless given. */
export const getCommand = (object: Ref, output: Output = 'yaml'): string =>
  `kubectl get ${words(object)}${outputOf(output)}`;

export const showFinalizersCommand = (object: Ref): string => getCommand(object, 'jsonpath={.metadata.finalizers}');

export const describeCommand = (object: Ref): string => `kubectl describe ${words(object)}`;

export const editCommand = (object: Ref): string => `kubectl edit ${words(object)}`;

export const deleteCommand = (object: Ref): string => `kubectl delete ${words(object)}`;

/** Lists objects of one kind, or of several with the same scope; there may be none. */
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

/** A list of operations is a JSON patch, an object a merge patch. */
export const patchCommand = (object: Ref, patch: object): string =>
  `kubectl patch ${words(object)} --type=${Array.isArray(patch) ? 'json' : 'merge'} -p ${quote(JSON.stringify(patch))}`;

/** Sets one annotation; an existing one of that key is kept, and kubectl says so, unless `overwrite`. */
export const annotateCommand = (object: Ref, key: string, value: string): string =>
  `kubectl annotate ${words(object)} ${quote(`${key}=${value}`)}`;

/** Sets an annotation to the seconds of now, over any that there is: whoever watches the object looks at it again. */
export const touchCommand = (object: Ref, key: string): string =>
  `kubectl annotate ${words(object)} --overwrite ${quote(key)}="$(date +%s)"`;

/** Creates the object, or brings it to this form. */
export const applyCommand = (object: object): string => `echo ${quote(JSON.stringify(object))} | kubectl apply -f -`;

/** Creates the object, whose name may be a `generateName`. */
export const createCommand = (object: object): string => `echo ${quote(JSON.stringify(object))} | kubectl create -f -`;

export const createNamespaceCommand = (name: string): string => `kubectl create namespace ${quote(name)}`;

/** Puts a content on Retain: what is on the target stays, whatever becomes of the content. */
export const retainCommand = (content: string): string =>
  patchCommand(ref('VolumeSnapshotContent', content), { spec: { deletionPolicy: 'Retain' } });

/** Runs a program in a container of the one running pod that has these labels. */
export const execCommand = (
  { namespace, labels, container }: { namespace: string; labels: Readonly<Record<string, string>>; container: string },
  ...program: readonly string[]
): string =>
  `kubectl exec -n ${quote(namespace)} -c ${quote(container)} ` +
  `$(${listCommand('Pod', { namespace, labels, output: 'name' })} --field-selector status.phase=Running) -- ${program.map(quote).join(' ')}`;

/** Lines of the logs of all pods with these labels that fit `pattern`, an extended regular expression without case. */
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
