import { isName } from '../domain/names.ts';
import { isRecord } from '../domain/json.ts';
import { isKindName, kinds, namespaceOf } from '../domain/kinds.ts';
import type { Change } from '../function.ts';
import { decodeFast } from '../objects/fast-decode.ts';
import { schemas } from '../objects/schemas.ts';
import { replySource, replyTypes, resourceTypes, sweepTypes } from './types.ts';

/** A sweep continues at most this often; the next tick does the rest. This guarantees that the chain of events ends. */
export const MOST_PARTS = 100;

/** The meaning of an event. */
export type Incoming =
  | { readonly is: 'change'; readonly change: Change }
  | {
      readonly is: 'sweep';
      /** From a clock that may trigger other functions at the same moment. */
      readonly tick?: true;
    }
  /** Continues a sweep whose time was up. */
  | { readonly is: 'sweep'; readonly of: string; readonly cursor: Cursor }
  /** Of a type or kind that Gleaner does not handle. */
  | { readonly is: 'foreign'; readonly why: string }
  /** No event, or an event without a required field: redelivery cannot help. */
  | { readonly is: 'malformed'; readonly why: string };

/**
 * Where a sweep continues: after the subject `after`, around the ring to `from`. Only a hint: a sweep processes only
 * subjects that it found in the cluster itself.
 */
export interface Cursor {
  readonly from: string;
  readonly after: string;
  readonly part: number;
}

const attributes = ['specversion', 'id', 'source', 'type'] as const;

const namespaceForm = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/;

/**
 * Interprets an event from any source: runtimes pass CloudEvents of other copies of the package, bodies that are no
 * events, or nothing. Pure; never throws.
 */
export function readEvent(event: unknown): Incoming {
  if (!isRecord(event)) return { is: 'malformed', why: 'not a CloudEvent 1.0 (not an object)' };
  const { specversion, id, source, type } = event;
  if (specversion !== '1.0' || !isFilled(id) || !isFilled(source) || !isFilled(type)) {
    const bad = attributes.filter(
      (name) => !isFilled(event[name]) || (name === 'specversion' && specversion !== '1.0'),
    );
    return { is: 'malformed', why: `not a CloudEvent 1.0 (${bad.join(', ')})` };
  }
  if (type === sweepTypes.tick) return { is: 'sweep', tick: true };
  if (type === sweepTypes.asked) return { is: 'sweep' };
  if (type === replyTypes.sweptInPart) return readRest(source, event['data']);
  const resource = Object.hasOwn(resourceTypes, type) ? resourceTypes[type] : undefined;
  if (resource === undefined) return { is: 'foreign', why: 'unknown type' };
  return readChange(event, resource);
}

/** Uses the extensions of an ApiServerSource. For cluster-scoped objects, the namespace is present and empty. */
function readChange(event: Fields, resource: NonNullable<(typeof resourceTypes)[string]>): Incoming {
  const { kind, apiversion, name, namespace = '' } = event;
  if (typeof kind !== 'string' || typeof apiversion !== 'string' || !isNameText(name) || !isNamespace(namespace)) {
    const fits = {
      kind: typeof kind === 'string',
      apiversion: typeof apiversion === 'string',
      name: isNameText(name),
      namespace: isNamespace(namespace),
    };
    const bad = Object.entries(fits).flatMap(([field, fit]) => (fit ? [] : [field]));
    return { is: 'malformed', why: `bad or missing extension (${bad.join(', ')})` };
  }
  if (!isKindName(kind) || groupOf(apiversion) !== kinds[kind].group) return { is: 'foreign', why: 'unknown kind' };
  if (kinds[kind].namespaced !== (namespace !== '')) {
    return { is: 'malformed', why: 'namespace does not fit the kind' };
  }
  const { type, withObject } = resource;
  const at = { kind, name, namespace, type };
  const fits = withObject && apiversion === kinds[kind].apiVersion;
  const object = fits ? payloadOf(at, event['data']) : undefined;
  return { is: 'change', change: (object === undefined ? at : { ...at, object }) as Change };
}

function readRest(source: string, data: unknown): Incoming {
  const { function: of, next } = isRecord(data) ? data : {};
  if (typeof of !== 'string' || !isCursor(next)) return { is: 'malformed', why: 'has no valid cursor' };
  return source === replySource(of)
    ? { is: 'sweep', of, cursor: { from: next.from, after: next.after, part: next.part } }
    : { is: 'foreign', why: 'continues a sweep of another function' };
}

/** The object that an event carries; `undefined` if it does not match its kind or the event's reference. */
function payloadOf(at: Pick<Change, 'kind' | 'name' | 'namespace'>, data: unknown): Change['object'] {
  const object = decodeFast(at.kind, data) ?? schemas[at.kind].safeParse(data).data;
  if (object === undefined) return undefined;
  const { metadata } = object;
  const ownNamespace = namespaceOf({ metadata }) ?? '';
  return metadata.name === at.name && ownNamespace === at.namespace ? object : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isKey = (value: unknown): value is string => typeof value === 'string' && value.length <= 600;
const isCursor = (value: unknown): value is Cursor & Fields =>
  isRecord(value) &&
  isKey(value['from']) &&
  isKey(value['after']) &&
  Number.isInteger(value['part']) &&
  Number(value['part']) >= 1 &&
  Number(value['part']) <= MOST_PARTS;
const isNameText = (value: unknown): value is string => typeof value === 'string' && isName(value);
const isNamespace = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 63 && namespaceForm.test(value);

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
