import type { Io } from './io.ts';
import { exit, UsageError } from './command.ts';
import { ForbiddenError, KubeError, NotServedError, RetryableError } from '../shared/ports/errors.ts';

/** Prints on stderr, in one sentence, what failed and what helps. Returns the exit code. */
export function reportError(error: unknown, io: Pick<Io, 'err'>, verbose: boolean): number {
  io.err(`gleaner: ${sentenceOf(error)}\n`);
  if (verbose && error instanceof Error && !(error instanceof UsageError)) io.err(`${stackOf(error)}\n`);
  return exit.error;
}

export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cure = error instanceof KubeError ? cureOf(error) : undefined;
  return cure === undefined ? error.message : `${error.message}; ${cure}`;
}

function cureOf(error: KubeError): string | undefined {
  if (error instanceof NotServedError) return 'is this a Harvester cluster? See --kubeconfig and --context';
  if (error instanceof ForbiddenError)
    return 'get that permission (`gleaner functions -o wide` lists all of them), or choose another --context';
  switch (error.status) {
    case 0:
      return error instanceof RetryableError
        ? 'check that the cluster can be reached, and --kubeconfig and --context'
        : undefined;
    case 401:
      return 'log in again, or choose another --context';
    default:
      return undefined;
  }
}

const stackOf = (error: Error): string =>
  [error.stack ?? error.message, ...(error.cause instanceof Error ? [`caused by ${stackOf(error.cause)}`] : [])].join(
    '\n',
  );
