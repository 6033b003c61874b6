/** Label and field selectors: text in, predicate out. */
import { badRequest } from './errors.ts';
import type { Kind } from './kinds.ts';
import type { Entry } from './store.ts';

export type Matches = (entry: Entry) => boolean;
type Labels = Record<string, string>;
type Requirement = (labels: Labels) => boolean;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
function parseLabelSelector(text: string): Requirement[] {
  // Commas inside brackets belong to a set.
  const parts = text.match(/(?:[^,()]|\([^)]*\))+|(?<=,)$|^(?=,)|(?<=,)(?=,)/g) ?? [];
  return parts.map((part) => parseRequirement(part.trim(), text));
}

function parseRequirement(part: string, whole: string): Requirement {
  let match;
  if ((match = /^([^\s=!<>()]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part))) {
    const [, key, operator, list] = match as unknown as [string, string, string, string];
    const values = list.split(',').map((value) => value.trim());
    const within: Requirement = (labels) => Object.hasOwn(labels, key) && values.includes(labels[key]!);
    return operator === 'in' ? within : (labels) => !within(labels);
  }
  if ((match = /^([^\s=!<>()]+)\s*(!=|==?)\s*([^\s=!<>()]*)$/.exec(part))) {
    const [, key, operator, value] = match as unknown as [string, string, string, string];
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  if ((match = /^(!?)\s*([^\s=!<>()]+)$/.exec(part))) {
    const [, not, key] = match as unknown as [string, string, string];
    return (labels) => Object.hasOwn(labels, key) !== (not === '!');
  }
  throw badRequest(`unable to parse requirement: found '${part}' in "${whole}"`);
}

interface FieldTerm {
  path: string;
  value: string;
  negated: boolean;
}

function parseFieldSelector(text: string, kind: Kind): FieldTerm[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const match = /^\s*([^=!\s]+)\s*(!=|==?)\s*(.*?)\s*$/.exec(part);
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [, path, operator, value] = match as unknown as [string, string, string, string];
      if (path !== 'metadata.name' && path !== 'metadata.namespace' && !kind.fields.includes(path)) {
        const unknown = `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
        throw badRequest(kind.custom ? `field label not supported: ${path}` : unknown);
      }
      return { path, value, negated: operator === '!=' };
    });
}

export interface Selection {
  /** Undefined selects everything. */
  matches: Matches | undefined;
  /** The one name that can match, when the field selector says so. */
  name: string | undefined;
}

export function parseSelection(kind: Kind, labelSelector: string, fieldSelector: string): Selection {
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector, kind);
  if (labels.length === 0 && fields.length === 0) return { matches: undefined, name: undefined };
  return {
    matches: (entry) =>
      labels.every((holds) => holds(entry.labels)) &&
      fields.every((term) => (fieldOf(entry, term.path) === term.value) !== term.negated),
    name: fields.find((term) => term.path === 'metadata.name' && !term.negated)?.value,
  };
}

function fieldOf(entry: Entry, path: string): string {
  if (path === 'metadata.name') return entry.name;
  if (path === 'metadata.namespace') return entry.namespace ?? '';
  let value: unknown = JSON.parse(entry.text);
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step];
  return typeof value === 'string' ? value : '';
}
