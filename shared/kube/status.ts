import { cutToBytes } from '../domain/cut.ts';
import type { KindName } from '../domain/kinds.ts';
import { describeRef, kinds } from '../domain/kinds.ts';
import {
  AlreadyExistsError,
  ConflictError,
  ForbiddenError,
  GoneError,
  NotServedError,
  RetryableError,
  TerminalError,
} from '../ports/errors.ts';
import type { KubeError } from '../ports/errors.ts';
import type { Answer } from './request.ts';

/** The call, for messages and to interpret 404 and 422. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'delete';
  readonly kind: KindName;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** Whether the JSON patch contains `test` operations. */
  readonly tested?: boolean;
}

/** The safe and useful parts of Kubernetes' `Status`: machine-readable words, never the message. */
interface Status {
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly field?: string }[];
  };
}

/** Names the call in messages: `get VolumeSnapshot prod/web-0`. */
export const describeAsked = ({ verb, kind, name, namespace }: Asked): string =>
  `${verb} ${describeRef({ kind, name: name ?? '(all)', ...(namespace !== undefined && { namespace }) })}`;

/** Whether a 404 is about an object (the server names it) and not about a path that is not served. */
export const isAbsentObject = (answer: Answer): boolean =>
  answer.status === 404 && statusOf(answer).details?.name !== undefined;

/** The error for an answer outside 2xx. */
export function errorOf(answer: Answer, asked: Asked): KubeError {
  const { status } = answer;
  const { reason, details } = statusOf(answer);
  const message = `${describeAsked(asked)}: ${status}${reason === undefined ? '' : ` ${reason}`}`;
  switch (status) {
    case 404:
      if (!isAbsentObject(answer)) {
        const { plural, apiVersion } = kinds[asked.kind];
        return new NotServedError(
          `the API server does not serve ${plural} of ${apiVersion}: is its CRD installed?`,
          404,
        );
      }
      return new GoneError(message, status);
    case 409:
      return reason === 'AlreadyExists' ? new AlreadyExistsError(message, status) : new ConflictError(message, status);
    case 422:
      // A patch that cannot be applied (failed `test`, missing path) has no causes; an object that is invalid after
      // the patch lists its fields.
      if (asked.tested === true && (details?.causes ?? []).length === 0) return new ConflictError(message, status);
      return new TerminalError(`${message}${fieldsOf(details?.causes)}`, status);
    case 401:
      return new TerminalError(`${message}: the credentials are not accepted`, status);
    case 403: {
      const { plural, group } = kinds[asked.kind];
      const resource = group === '' ? plural : `${plural}.${group}`;
      return new ForbiddenError(
        `${message}: the right to ${asked.verb} ${resource} is missing, or a webhook refuses`,
        status,
      );
    }
    default:
      if (status >= 500 || status === 408 || status === 410 || status === 429) {
        const seconds = details?.retryAfterSeconds;
        const retryAfterMs = answer.retryAfterMs ?? (seconds === undefined ? undefined : seconds * 1000);
        return new RetryableError(message, status, { retryAfterMs });
      }
      return new TerminalError(message, status);
  }
}

function statusOf(answer: Answer): Status {
  const { body } = answer;
  if (typeof body !== 'object' || body === null || !('kind' in body) || body.kind !== 'Status') return {};
  const status = body as { reason?: unknown; details?: unknown };
  return {
    ...(typeof status.reason === 'string' && /^[A-Za-z]{1,40}$/.test(status.reason) && { reason: status.reason }),
    ...(typeof status.details === 'object' && status.details !== null && { details: status.details }),
  };
}

const fieldsOf = (causes: readonly { readonly field?: string }[] | undefined): string => {
  const fields = (causes ?? []).flatMap(({ field }) => (typeof field === 'string' ? [cutToBytes(field, 80)] : []));
  return fields.length === 0 ? '' : ` (${fields.slice(0, 3).join(', ')})`;
};
