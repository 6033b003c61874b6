import { ForbiddenError, TerminalError } from './errors.ts';

/** What was read, or why it could not be. */
export type Attempted<T> = { readonly found: T } | { readonly unknown: string };

export const isFound = <T>(attempted: Attempted<T>): attempted is { readonly found: T } => 'found' in attempted;

/**
 * Reads what may be forbidden, not installed, or not of the shape of its kind: that is an answer too. What may go well a
 * moment later is none, and is thrown on, so that no answer changes because of a time-out.
 * @throws RetryableError; and whatever is no error of the cluster, which is a mistake in the code
 */
export async function attempt<T>(read: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return { unknown: error.message };
  }
}

/** For a read that is only worth having: `undefined` without the right to it. @throws every other error */
export async function unlessForbidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}
