import type { Known } from './types.ts';

/**
 * Reads what may be forbidden or not installed: that is an answer too. What may go well a moment later is none, and is
 * thrown on, so that no answer changes because of a time-out.
 */
export async function attempt<T>(read: () => Promise<T>): Promise<Known<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    const { status, message } = error as { status?: unknown; message?: unknown };
    // An object that is not there is no error of a read: 404 says that nobody serves its kind.
    if (status !== 403 && status !== 404) throw error;
    return { unknown: String(message) };
  }
}
