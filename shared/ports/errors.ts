import type { Ref } from '../domain/kinds.ts';
import { describeRef } from '../domain/kinds.ts';
import type { Unreadable } from './reader.ts';

/**
 * What the cluster ports throw. The class says what the caller should do. Messages never contain a response body or
 * headers: those are long, may hold secrets, and end up in logs.
 */
export abstract class KubeError extends Error {
  override readonly name = this.constructor.name;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  constructor(message: string, status = 0, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Try again later: 408, 429, 5xx, time-out, broken connection. */
export class RetryableError extends KubeError {
  /** From the Retry-After header; `undefined` without one. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, status = 0, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super(message, status, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** The object changed since it was read (409, or a failed JSON-patch `test`): read and plan again. */
export class ConflictError extends KubeError {}

/** The object to write to no longer exists: read and plan again. */
export class GoneError extends KubeError {}

/** An object of this name exists already (409 on create). */
export class AlreadyExistsError extends KubeError {}

/** Retrying does not help: an operator must act (403, 401, 400, 422…). */
export class TerminalError extends KubeError {}

/** RBAC or an admission webhook refuses the call (403). */
export class ForbiddenError extends TerminalError {}

/** The API server does not serve this kind: its CRD is not installed. Not the same as an absent object. */
export class NotServedError extends TerminalError {}

/** The object does not match the schema of its kind. Gleaner leaves it alone. */
export class UnreadableError extends TerminalError implements Unreadable {
  readonly object: Ref;
  readonly issue: string;
  readonly restore?: NonNullable<Unreadable['restore']>;
  readonly #names: ReadonlySet<string>;
  /** @param options.names all texts in the object that may be names of other objects; `mentions` looks them up */
  constructor(
    object: Ref,
    issue: string,
    { names = new Set(), restore }: { names?: ReadonlySet<string>; restore?: Unreadable['restore'] } = {},
  ) {
    super(`${describeRef(object)} is not as expected at ${issue}`);
    this.object = object;
    this.issue = issue;
    this.#names = names;
    if (restore !== undefined) this.restore = restore;
  }
  mentions(name: string): boolean {
    return this.#names.has(name);
  }
  fail(): never {
    throw this;
  }
}
