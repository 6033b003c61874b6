import { isName } from '../domain/names.ts';
import { isRecord } from '../domain/json.ts';
import { isKindName, kinds, namespaceOf } from '../domain/kinds.ts';
import type { Change } from '../function.ts';
import { decodeFast } from '../objects/fast-decode.ts';
import { schemas } from '../objects/schemas.ts';
import { replySource, replyTypes, resourceTypes, sweepTypes } from './types.ts';

/** After so many the rest is for the next tick: a chain of events must come to an end, whatever goes wrong. */
export const MOST_PARTS = 100;

/** What an event means. */
export type Incoming =
  | { readonly is: 'change'; readonly change: Change }
  | {
      readonly is: 'sweep';
      /** From a clock that other functions may hear at the same moment. */
      readonly tick?: true;
    }
  /** Goes on with a sweep whose time was up. */
  | { readonly is: 'sweep'; readonly of: string; readonly cursor: Cursor }
  /** Of a type or kind that Gleaner has nothing to do with. */
  | { readonly is: 'foreign'; readonly why: string }
  /** No event, or one that lacks what it must have: no delivery of it will ever be understood. */
  | { readonly is: 'malformed'; readonly why: string };

/**
 * Where a sweep is to go on: behind the subject `after`, all the way round to `from`. A hint and no more: whatever it
 * says, a sweep looks only at what it has itself found in the cluster.
 */
export interface Cursor {
  readonly from: string;
  readonly after: string;
  readonly part: number;
}

const attributes = ['specversion', 'id', 'source', 'type'] as const;

const namespaceForm = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/;

/**
 * Reads an event from anywhere: runtimes hand over CloudEvents of other copies of the package, bodies that are no
 * events, or nothing at all. Pure; never throws.
 */
export function readEvent(event: unknown): Incoming {
  if (!isRecord(event)) return { is: 'malformed', why: 'not a CloudEvent 1.0 (no object)' };
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

/** By the extensions of an ApiServerSource; a cluster-scoped object's namespace is there and empty. */
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
  if (typeof of !== 'string' || !isCursor(next)) return { is: 'malformed', why: 'does not say where to go on' };
  return source === replySource(of)
    ? { is: 'sweep', of, cursor: { from: next.from, after: next.after, part: next.part } }
    : { is: 'foreign', why: 'the rest of a sweep of another' };
}

/** The object an event carries. One that does not fit its kind, or is another's, is no object: the reference remains. */
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
