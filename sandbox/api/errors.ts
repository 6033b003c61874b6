/** Errors in the shape of a Kubernetes `Status`, in the words of the real API server. */
import type { KindTraits, ApiErrorShape } from './types.ts';

export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export class ApiError extends Error implements ApiErrorShape {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  /** Only for an expired list: the token with which it may go on, inconsistently. */
  readonly continueToken: string | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails, continueToken?: string) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.continueToken = continueToken;
  }

  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** `volumesnapshots.snapshot.storage.k8s.io`; the core group has no suffix. */
export function resourceName(kind: KindTraits): string {
  return kind.group ? `${kind.plural}.${kind.group}` : kind.plural;
}

/** `VolumeSnapshot.snapshot.storage.k8s.io`, as validation errors have it. */
export function kindName(kind: Pick<KindTraits, 'group' | 'kind'>): string {
  return kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
}

function aboutResource(kind: KindTraits, name: string): StatusDetails {
  return { ...(name && { name }), ...(kind.group && { group: kind.group }), kind: kind.plural };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function notFound(kind: KindTraits, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${resourceName(kind)} "${name}" not found`, aboutResource(kind, name));
}

export function alreadyExists(kind: KindTraits, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${resourceName(kind)} "${name}" already exists`,
    aboutResource(kind, name),
  );
}

export function conflict(kind: KindTraits, name: string, why: string, as = resourceName(kind)): ApiError {
  const message = `Operation cannot be fulfilled on ${as} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, aboutResource(kind, name));
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(kind: KindTraits, name: string, why: string, causes?: StatusCause[]): ApiError {
  const message = `${resourceName(kind)}${name ? ` "${name}"` : ''} is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, { ...aboutResource(kind, name), ...(causes && { causes }) });
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function unknownResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function unknownFields(kind: KindTraits, paths: readonly string[]): ApiError {
  const list = paths.map((path) => `unknown field "${path}"`).join(', ');
  return undecodable(kind, `strict decoding error: ${list}`);
}

/** The JSON is no object of this kind: 400 for a body, 422 for the result of a patch. */
export class DecodeError extends ApiError {
  constructor(message: string) {
    super(400, 'BadRequest', message);
  }

  ofPatch(): ApiError {
    return new ApiError(422, 'Invalid', ` "" is invalid: patch: Invalid value: ${this.message}`, {
      causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: ${this.message}`, field: 'patch' }],
    });
  }
}

export function undecodable(kind: KindTraits, why: string): DecodeError {
  return new DecodeError(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`);
}

/** The real server has no better answer to a version that is no number. */
export function notANumber(text: string): ApiError {
  return new ApiError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** What a failed JSON patch answers; the real server does not say which operation failed. */
export function patchRejected(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** One failed field: `spec.source: Required value`. */
export interface FieldError {
  field: string;
  reason:
    | 'FieldValueInvalid'
    | 'FieldValueTypeInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueTooLong';
  /** The part after the field's name, e.g. `Required value`. */
  message: string;
}

export const field = {
  required: (path: string, detail = ''): FieldError => ({
    field: path,
    reason: 'FieldValueRequired',
    message: detail ? `Required value: ${detail}` : 'Required value',
  }),
  invalid: (path: string, value: unknown, detail: string): FieldError => ({
    field: path,
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown(value)}: ${detail}`,
  }),
  forbidden: (path: string, detail: string): FieldError => ({
    field: path,
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
  }),
  tooLong: (path: string, bytes: number): FieldError => ({
    field: path,
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${bytes} bytes`,
  }),
  notSupported: (path: string, value: unknown, supported: readonly string[]): FieldError => ({
    field: path,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((s) => `"${s}"`).join(', ')}`,
  }),
};

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** 422 with one cause per field. `as` overrides the name before "is invalid" (the real server is not uniform here). */
export function invalid(
  kind: Pick<KindTraits, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
  as = kindName(kind),
): ApiError {
  const lines = errors.map((e) => `${e.field}: ${e.message}`);
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  // What concerns the whole object names no field.
  const causes = errors.map((e) => ({ reason: e.reason, message: e.message, ...(e.field && { field: e.field }) }));
  return new ApiError(422, 'Invalid', `${as} "${name}" is invalid: ${list}`, {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

/** 422 about the query (or body) that says how a request is to be carried out. */
export function invalidOptions(kind: string, ...errors: FieldError[]): ApiError {
  return invalid({ group: 'meta.k8s.io', kind }, '', errors);
}
