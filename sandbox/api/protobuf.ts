/**
 * Reads the protobuf bodies that kubectl sends for what it builds itself (`kubectl create namespace`, `auth can-i` …).
 * Answers are always JSON, which every client accepts beside it.
 *
 * What it does not do: any other kind; the server answers 415 then.
 */

/** Field number → name and type; a type is a scalar, a message below, `[type]` for a list, `{type}` for a map. */
type Message = Record<number, [name: string, type: string]>;

const meta = { 1: ['metadata', 'ObjectMeta'] } satisfies Message;
const binding = { ...meta, 2: ['subjects', '[Subject]'], 3: ['roleRef', 'RoleRef'] } satisfies Message;
const role = { ...meta, 2: ['rules', '[PolicyRule]'] } satisfies Message;

const MESSAGES: Record<string, Message> = {
  Namespace: { ...meta },
  ConfigMap: { ...meta, 2: ['data', '{string}'], 3: ['binaryData', '{bytes}'], 4: ['immutable', 'bool'] },
  Secret: {
    ...meta,
    2: ['data', '{bytes}'],
    3: ['type', 'string'],
    4: ['stringData', '{string}'],
    5: ['immutable', 'bool'],
  },
  ServiceAccount: { ...meta },
  Role: role,
  ClusterRole: role,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  SelfSubjectAccessReview: { ...meta, 2: ['spec', 'AccessSpec'] },
  SelfSubjectRulesReview: { ...meta, 2: ['spec', 'RulesSpec'] },
  SelfSubjectReview: { ...meta },
  DeleteOptions: {
    1: ['gracePeriodSeconds', 'int'],
    2: ['preconditions', 'Preconditions'],
    4: ['propagationPolicy', 'string'],
    5: ['dryRun', '[string]'],
  },
  // Parts of the above.
  ObjectMeta: {
    1: ['name', 'string'],
    2: ['generateName', 'string'],
    3: ['namespace', 'string'],
    5: ['uid', 'string'],
    6: ['resourceVersion', 'string'],
    11: ['labels', '{string}'],
    12: ['annotations', '{string}'],
    13: ['ownerReferences', '[OwnerReference]'],
    14: ['finalizers', '[string]'],
  },
  OwnerReference: {
    1: ['kind', 'string'],
    3: ['name', 'string'],
    4: ['uid', 'string'],
    5: ['apiVersion', 'string'],
    6: ['controller', 'bool'],
    7: ['blockOwnerDeletion', 'bool'],
  },
  PolicyRule: {
    1: ['verbs', '[string]'],
    2: ['apiGroups', '[string]'],
    3: ['resources', '[string]'],
    4: ['resourceNames', '[string]'],
    5: ['nonResourceURLs', '[string]'],
  },
  Subject: { 1: ['kind', 'string'], 2: ['apiGroup', 'string'], 3: ['name', 'string'], 4: ['namespace', 'string'] },
  RoleRef: { 1: ['apiGroup', 'string'], 2: ['kind', 'string'], 3: ['name', 'string'] },
  AccessSpec: { 1: ['resourceAttributes', 'ResourceAttributes'] },
  ResourceAttributes: {
    1: ['namespace', 'string'],
    2: ['verb', 'string'],
    3: ['group', 'string'],
    5: ['resource', 'string'],
    6: ['subresource', 'string'],
    7: ['name', 'string'],
  },
  RulesSpec: { 1: ['namespace', 'string'] },
  Preconditions: { 1: ['uid', 'string'], 2: ['resourceVersion', 'string'] },
  Unknown: { 1: ['typeMeta', 'TypeMeta'], 2: ['raw', 'raw'] },
  TypeMeta: { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] },
};

const MAGIC = Buffer.from('k8s\0');

/** The object in the body, or undefined when it is of a kind not listed here. */
export function decodeProtobuf(body: Buffer): object | undefined {
  if (!body.subarray(0, 4).equals(MAGIC)) return undefined;
  const { typeMeta, raw } = decode(body.subarray(4), MESSAGES['Unknown']!) as {
    typeMeta: { apiVersion: string; kind: string };
    raw?: Buffer;
  };
  const message = MESSAGES[typeMeta.kind];
  return message && { ...typeMeta, ...decode(raw ?? Buffer.alloc(0), message) };
}

function decode(bytes: Buffer, message: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('unexpected end of protobuf');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType !== 0 && wireType !== 2) throw new Error(`unexpected protobuf wire type ${wireType}`);
    const number = wireType === 0 ? varint() : 0;
    const length = wireType === 2 ? varint() : 0;
    const part = bytes.subarray(at, at + length);
    at += length;
    const known = message[tag >>> 3];
    if (known) put(result, known[0], known[1], number, part);
  }
  return result;
}

function put(result: Record<string, unknown>, name: string, type: string, number: number, part: Buffer): void {
  const inner = type.slice(1, -1);
  if (type.startsWith('[')) {
    result[name] = [...((result[name] as unknown[] | undefined) ?? []), read(inner, number, part)];
  } else if (type.startsWith('{')) {
    const { key = '', value = '' } = decode(part, { 1: ['key', 'string'], 2: ['value', inner] });
    result[name] = { ...(result[name] as object | undefined), [key as string]: value };
  } else {
    const value = read(type, number, part);
    // Go writes empty strings for what is unset.
    if (value !== '') result[name] = value;
  }
}

function read(type: string, number: number, part: Buffer): unknown {
  switch (type) {
    case 'string':
      return part.toString();
    case 'bytes':
      return part.toString('base64');
    case 'raw':
      return part;
    case 'bool':
      return number !== 0;
    case 'int':
      return number;
    default:
      return decode(part, MESSAGES[type]!);
  }
}
