import { runCli } from '../../cli/program.ts';
import { commands } from '../../cli/commands/index.ts';
import { parseSelected } from '../../cli/selection/selection.ts';
import { parseObject } from '../../cli/explain/object.ts';
import type { Kind } from '../../sandbox/api/kinds.ts';
import { KindTable } from '../../sandbox/api/kinds.ts';
import type { ApiServer, KindId, KubeObject } from '../../sandbox/api/types.ts';

/** Whether the cluster has the object. */
export type Exists = (kind: KindId, name: string, namespace: string | undefined) => boolean | Promise<boolean>;

export const onServer =
  (api: ApiServer): Exists =>
  async (kind, name, namespace) =>
    (await api.client('somebody').get(kind, name, namespace)) !== undefined;

export const among =
  (objects: readonly KubeObject[]): Exists =>
  (id, name, namespace) =>
    objects.some(
      ({ apiVersion, kind, metadata }) =>
        `${apiVersion}/${kind}` === id && metadata.name === name && metadata.namespace === namespace,
    );

/** The same, of all commands in a document or among findings. */
export async function allTroublesOf(document: unknown, exists: Exists): Promise<string[]> {
  const troubles: string[] = [];
  for (const command of commandsOf(document)) troubles.push(...(await troublesOf(command, exists)));
  return troubles;
}

/** What is wrong with a command that Gleaner prints, held against the cluster that it was printed for; empty if nothing is. */
export async function troublesOf(command: string, exists: Exists): Promise<string[]> {
  const troubles: string[] = [];
  for (const words of commandsIn(command)) {
    const [program, ...argv] = words;
    const said =
      program === 'kubectl' ? await ofKubectl(argv, exists) : program === 'gleaner' ? await ofGleaner(argv) : [];
    troubles.push(...said.map((trouble) => `${trouble}: ${command}`));
  }
  return troubles;
}

/** The simple commands of a shell line, also those within `$(…)`, as the words that the shell makes of them. */
export function commandsIn(line: string): string[][] {
  const found: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  let quoted: "'" | '"' | undefined;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) found.push(words);
    words = [];
  };
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quoted !== "'" && line.startsWith('$(', at)) {
      const end = line.indexOf(')', at);
      found.push(...commandsIn(line.slice(at + 2, end)));
      word = `${word ?? ''}SUBSTITUTED`;
      at = end;
    } else if (quoted !== undefined) {
      if (char === quoted) quoted = undefined;
      else word = `${word ?? ''}${char}`;
    } else if (char === "'" || char === '"') {
      quoted = char;
      word ??= '';
    } else if (char === '\\') word = `${word ?? ''}${line[++at] ?? ''}`;
    else if (char === '#' && word === undefined) break;
    else if (/\s/.test(char)) endWord();
    else if (/[;|&]/.test(char)) endCommand();
    else word = `${word ?? ''}${char}`;
  }
  if (quoted !== undefined) throw new Error(`a quote is not closed: ${line}`);
  endCommand();
  return found;
}

/** What Gleaner reads where there is one, and the sandbox does not play. */
const NOT_PLAYED = ['backupbackingimages.longhorn.io'];

const VALUED = new Set(['-n', '-l', '-o', '-p', '-c', '-f']);
const named = new Set(['describe', 'edit', 'delete', 'patch', 'annotate']);

async function ofKubectl([verb = '', ...rest]: readonly string[], exists: Exists): Promise<string[]> {
  if (['apply', 'create', 'exec', 'logs'].includes(verb)) return [];
  const flags = new Map<string, string>();
  const words: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as string;
    if (VALUED.has(word)) flags.set(word, rest[++at] ?? '');
    else if (word.startsWith('-')) flags.set(word.split('=')[0] as string, word.split('=').slice(1).join('='));
    else words.push(word);
  }
  const [resources = '', name] = words;
  const troubles: string[] = [];
  const kinds = new KindTable().all;
  const own: Kind[] = [];
  if (NOT_PLAYED.includes(resources) && name === undefined && flags.has('-n')) return [];
  for (const resource of resources.split(',')) {
    const kind = kinds.find(({ plural, group }) => resource === (group === '' ? plural : `${plural}.${group}`));
    if (kind === undefined) troubles.push(`no resource ${resource}`);
    else own.push(kind);
  }
  const namespace = flags.get('-n');
  const namespaced = own.some((kind) => kind.namespaced);
  const given = namespace !== undefined || flags.has('-A');
  if (own.length > 0 && namespaced !== given) troubles.push(namespaced ? 'no namespace' : 'a namespace too many');
  if (name !== undefined && flags.has('-A')) troubles.push('one object of all namespaces');
  if (!named.has(verb) && verb !== 'get') troubles.push(`no verb ${verb}`);
  if (named.has(verb) && name === undefined) troubles.push('no name');
  if (verb === 'annotate' && words.length !== 3) troubles.push('not one annotation');
  if (verb !== 'annotate' && words.length > 2) troubles.push('too many words');
  if (verb === 'patch') JSON.parse(flags.get('-p') ?? '');
  const [kind] = own;
  if (kind !== undefined && name !== undefined && troubles.length === 0) {
    if (!(await exists(kind.id, name, namespace))) troubles.push('no such object');
  }
  return troubles;
}

/** Whether the command line takes it, short of doing anything. */
async function ofGleaner(argv: readonly string[]): Promise<string[]> {
  let said = '';
  let ran = false;
  const parsed = commands.map((command) => ({
    ...command,
    run: ({ args }: { readonly args: readonly string[] }) => {
      ran = true;
      if (['scan', 'plan', 'apply'].includes(command.name)) args.forEach((text) => parseSelected(text));
      if (command.name === 'explain') args.forEach((text) => parseObject(text, 'default'));
      return Promise.resolve(0);
    },
  }));
  const code = await runCli(
    argv,
    {
      out: () => Promise.resolve(),
      err: (text) => void (said += text),
      input: (async function* () {})(),
      colour: false,
      columns: undefined,
      interrupted: () => new AbortController().signal,
    },
    parsed,
  );
  return code === 0 && ran ? [] : [`gleaner refuses (${said.split('\n')[0]})`];
}

/** Every command of a JSON document that Gleaner printed; cures that are sentences are none. */
export function commandsOf(document: unknown): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (['command', 'cure'].includes(key) && /^(kubectl|gleaner|echo) /.test(String(inner))) found.add(String(inner));
      else visit(inner);
    }
  };
  visit(document);
  return [...found];
}
