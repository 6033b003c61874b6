import * as z from 'zod/mini';
import type { KindName } from '../domain/kinds.ts';
import { isKindName, kinds } from '../domain/kinds.ts';
import type { Change } from '../function.ts';
import { schemas } from '../objects/schemas.ts';
import { resourceTypes, sweepTypes } from './types.ts';

/** What an event means. */
export type Incoming =
  | { readonly is: 'change'; readonly change: Change }
  | { readonly is: 'sweep' }
  /** Of a type or kind that Gleaner has nothing to do with. */
  | { readonly is: 'foreign'; readonly why: string }
  /** No event, or one that lacks what it must have: no delivery of it will ever be understood. */
  | { readonly is: 'malformed'; readonly why: string };

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
  if (sweepTypes.has(type)) return { is: 'sweep' };
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
