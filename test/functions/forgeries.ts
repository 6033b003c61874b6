import type { KubeObject } from '../../sandbox/api/types.ts';

/** A request as whoever reaches the port may send it. */
export interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What is sent, and what of the table in shared/runtime/answer.ts it must be answered with. */
export type Forgery = readonly [
  what: string,
  request: Request,
  statuses: readonly number[],
  /** Where the stock runtime answers before `handle` is asked. */
  byRuntime?: readonly number[],
];

const structured = 'application/cloudevents+json';
const update = 'dev.knative.apiserver.resource.update';
const MOST_BYTES = 5_000_000;
const DEEP = 100_000;

/** As the ApiServerSource sends it in Resource mode, over the wire. */
export const eventOf = (object: KubeObject, type = update): Request => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'e-1',
    'ce-source': 'https://10.43.0.1:443',
    'ce-type': type,
    'ce-kind': object.kind,
    'ce-apiversion': object.apiVersion,
    'ce-name': object.metadata.name,
    'ce-namespace': object.metadata.namespace ?? '',
  },
  body: JSON.stringify(object),
});

/** The same in one piece. */
const inOnePiece = (object: KubeObject, changes: object = {}) => ({
  specversion: '1.0',
  id: 'e-1',
  source: 'https://10.43.0.1:443',
  type: update,
  kind: object.kind,
  apiversion: object.apiVersion,
  name: object.metadata.name,
  namespace: object.metadata.namespace ?? '',
  datacontenttype: 'application/json',
  data: object,
  ...changes,
});

/** Names of nothing there is, wherever the object names another. */
const inventedIn = (real: KubeObject): KubeObject => {
  const kept = new Set(['driver', 'deletionPolicy', 'kind', 'apiVersion', 'provisioner', 'state', 'phase']);
  const text = JSON.stringify(real, (key, value: unknown) =>
    typeof value === 'string' && !kept.has(key) && Number.isNaN(Date.parse(value)) ? 'made-up' : value,
  );
  return JSON.parse(text) as KubeObject;
};

const deep = (open: string, close: string): string => open.repeat(DEEP) + '1' + close.repeat(DEEP);
const post = (type: string, body: string): Request => ({ method: 'POST', headers: { 'content-type': type }, body });
const manyHeaders = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`ce-a${at}`, '1']));

/** Nothing to do; or a report, by a function that says of what is not there that it is gone. */
const understood = [200, 204];
/** As far as the runtime makes an event of it. */
const either = [200, 204, 400];

/** Everything about one kind of object; none of them is in the cluster. */
export function forgeriesOf(real: KubeObject): readonly Forgery[] {
  const madeUp: KubeObject = {
    ...inventedIn(real),
    metadata: { ...real.metadata, name: 'made-up', uid: 'made-up', resourceVersion: '99999999', ownerReferences: [] },
  };
  const elsewhere = {
    ...madeUp,
    metadata: { ...madeUp.metadata, ...(real.metadata.namespace && { namespace: 'elsewhere' }) },
  };
  const event = eventOf(madeUp);
  const withBody = (body: string, headers: Record<string, string> = {}): Request => ({
    ...event,
    headers: { ...event.headers, ...headers },
    body,
  });
  const asText = JSON.stringify(inOnePiece(madeUp));
  const polluted = `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},${event.body.slice(1)}`;
  return [
    ['an object that is not there', event, understood],
    ['one that is said to be new', eventOf(madeUp, 'dev.knative.apiserver.resource.add'), understood],
    ['one that is said to be gone', eventOf(madeUp, 'dev.knative.apiserver.resource.delete'), understood],
    ['an object of another cluster', eventOf(elsewhere), understood],
    ['an unknown type', eventOf(real, 'com.example.made-up'), understood],
    ['a type that every object has', eventOf(real, '__proto__'), understood],
    ['an unknown kind', eventOf({ ...madeUp, kind: 'Secret', apiVersion: 'v1' }), understood],
    ['a kind that every object has', eventOf({ ...madeUp, kind: 'constructor' }), understood],
    ['a name that leads elsewhere', eventOf({ ...real, metadata: { name: '../secrets' } }), [400]],
    ['five megabytes', withBody(JSON.stringify({ pad: 'x'.repeat(MOST_BYTES) })), [413]],
    ['broken JSON', withBody('{"metadata":'), [400]],
    ['broken JSON in one piece', post(structured, '{"id":'), [400]],
    ['deep arrays', withBody(`{"metadata":${deep('[', ']')}}`), understood],
    ['deep objects', withBody(deep('{"metadata":', '}')), understood],
    ['deep annotations', withBody(`{"metadata":{"annotations":${deep('{"a":', '}')}}}`), understood],
    ['deep arrays in one piece', post(structured, `${asText.slice(0, -1)},"x":${deep('[', ']')}}`), either],
    ['deep data in one piece', post(structured, `${asText.slice(0, -1)},"data":${deep('{"a":', '}')}}`), either],
    ['nothing but depth', post(structured, deep('[', ']')), [400], [500]],
    ['a flood of headers', { ...event, headers: { ...event.headers, ...manyHeaders(800) } }, understood],
    ['thousands of headers', { ...event, headers: { ...event.headers, ...manyHeaders(5_000) } }, [431]],
    ['one huge header', { ...event, headers: { ...event.headers, 'ce-big': 'x'.repeat(100_000) } }, [431]],
    ['a text by its type', withBody(event.body, { 'content-type': 'text/plain' }), either],
    ['XML by its type', withBody(event.body, { 'content-type': 'application/xml' }), either],
    ['a form by its type', withBody(event.body, { 'content-type': 'application/x-www-form-urlencoded' }), either],
    ['no type', { ...event, headers: { ...event.headers, 'content-type': '' } }, either],
    ['JSON that is no event', post('application/json', '{"hello":"world"}'), [400]],
    ['a text', post('text/plain', 'hello'), [400]],
    [
      'headers that say otherwise',
      { ...eventOf(real), headers: { ...eventOf(real).headers, 'content-type': structured }, body: asText },
      understood,
    ],
    ['a batch', post('application/cloudevents-batch+json', `[${asText},${asText}]`), [400], [500]],
    ['an empty batch', post('application/cloudevents-batch+json', '[]'), [400], [500]],
    ['a batch that says it is one event', post(structured, `[${asText}]`), [400], [500]],
    ['keys that every object has', withBody(polluted), understood, [400]],
    ['the same in one piece', post(structured, `{"__proto__":{"type":"x"},"constructor":1,${asText.slice(1)}`), either],
    ['attributes that every object has', withBody(event.body, { 'ce-__proto__': 'x', 'ce-constructor': 'x' }), either],
    ['an array for the object', withBody(`[${event.body}]`), understood],
    ['an array for the metadata', withBody(JSON.stringify({ ...madeUp, metadata: [madeUp.metadata] })), understood],
    ['null', withBody('null'), understood],
    ['no body', withBody(''), either],
    ['nothing at all', post('application/json', ''), [400]],
    ['another version of the protocol', withBody(event.body, { 'ce-specversion': '9.9' }), [400]],
    ['a GET', { ...event, method: 'GET', body: '' }, [405]],
    ['a PUT', { ...event, method: 'PUT' }, [405], [404]],
    ['a DELETE', { ...event, method: 'DELETE', body: '' }, [405], [400, 404]],
  ];
}
