import * as z from 'zod/mini';
import type { KindName } from '../domain/kinds.ts';
import { isKindName, kinds } from '../domain/kinds.ts';
import type { Change } from '../function.ts';
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
const Cursor = z.object({
  from: z.string().check(z.maxLength(600)),
  after: z.string().check(z.maxLength(600)),
  part: z.int().check(z.gte(1), z.lte(MOST_PARTS)),
});
export type Cursor = z.infer<typeof Cursor>;
const Rest = z.object({ function: z.string(), next: Cursor });

const Envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().check(z.minLength(1)),
  source: z.string().check(z.minLength(1)),
  type: z.string().check(z.minLength(1)),
});

const name = z.string().check(z.maxLength(253), z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/));
const namespace = z.string().check(z.maxLength(63), z.regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/));
/** The extensions of an ApiServerSource; a cluster-scoped object's namespace is there and empty. */
const Subject = z.object({ kind: z.string(), apiversion: z.string(), name, namespace: z._default(namespace, '') });

/**
 * Reads an event from anywhere: runtimes hand over CloudEvents of other copies of the package, bodies that are no
 * events, or nothing at all. Pure; never throws.
 */
export function readEvent(event: unknown): Incoming {
  const envelope = Envelope.safeParse(event);
  if (!envelope.success) return { is: 'malformed', why: `not a CloudEvent 1.0 (${fieldsOf(envelope.error)})` };
  const { type } = envelope.data;
  if (type === sweepTypes.tick) return { is: 'sweep', tick: true };
  if (type === sweepTypes.asked) return { is: 'sweep' };
  if (type === replyTypes.sweptInPart) return readRest(envelope.data);
  const resource = Object.hasOwn(resourceTypes, type) ? resourceTypes[type] : undefined;
  if (resource === undefined) return { is: 'foreign', why: 'unknown type' };

  const subject = Subject.safeParse(envelope.data);
  if (!subject.success) return { is: 'malformed', why: `bad or missing extension (${fieldsOf(subject.error)})` };
  const { kind, apiversion } = subject.data;
  if (!isKindName(kind) || groupOf(apiversion) !== kinds[kind].group) return { is: 'foreign', why: 'unknown kind' };
  if (kinds[kind].namespaced !== (subject.data.namespace !== '')) {
    return { is: 'malformed', why: 'namespace does not fit the kind' };
  }
  const object = resource.withObject ? payloadOf(kind, subject.data, envelope.data['data']) : undefined;
  const change = {
    kind,
    name: subject.data.name,
    namespace: subject.data.namespace,
    type: resource.type,
    ...(object !== undefined && { object }),
  };
  return { is: 'change', change: change as Change };
}

function readRest({ source, data }: z.infer<typeof Envelope>): Incoming {
  const rest = Rest.safeParse(data);
  if (!rest.success) return { is: 'malformed', why: `does not say where to go on (${fieldsOf(rest.error)})` };
  const { function: of, next } = rest.data;
  return source === replySource(of)
    ? { is: 'sweep', of, cursor: next }
    : { is: 'foreign', why: 'the rest of a sweep of another' };
}

/** The object an event carries. One that does not fit its kind, or is another's, is no object: the reference remains. */
function payloadOf(kind: KindName, subject: z.infer<typeof Subject>, data: unknown): Change['object'] {
  const parsed = schemas[kind].safeParse(data);
  if (!parsed.success || subject.apiversion !== kinds[kind].apiVersion) return undefined;
  const { metadata } = parsed.data;
  const ownNamespace = 'namespace' in metadata ? metadata.namespace : '';
  return metadata.name === subject.name && ownNamespace === subject.namespace ? parsed.data : undefined;
}

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** Names of fields only: values may be anything. */
const fieldsOf = (error: z.core.$ZodError): string =>
  error.issues
    .slice(0, 4)
    .map((issue) => issue.path.join('.') || 'no object')
    .join(', ');
