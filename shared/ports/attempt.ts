import { ForbiddenError, TerminalError } from './errors.ts';

/** The result of a read that may be refused: the value, or the reason why it could not be read. */
export type Attempted<T> = { readonly found: T } | { readonly unknown: string };

/** Whether the read succeeded. */
export const isFound = <T>(attempted: Attempted<T>): attempted is { readonly found: T } => 'found' in attempted;

/**
 * Runs a read and turns a terminal error (forbidden, not installed, unreadable) into `unknown`, with the error's
 * message. An error that may pass is rethrown, so that a time-out never changes a judgment.
 * @throws RetryableError and every other error that is not a TerminalError
 */
export async function attempt<T>(read: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return { unknown: error.message };
  }
}

/**
 * Runs an optional read. Returns `undefined` on 403.
 * @throws every other error
 */
export async function unlessForbidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}
