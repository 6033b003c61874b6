import { ForbiddenError, NotServedError } from '../ports/errors.ts';

/**
 * The promise under this key; `read` makes it where there is none, so equal calls under way are one call. A promise that
 * rejects is forgotten, and the next caller reads again: one 503 must not fail everybody for as long as the map lives.
 * Only a fact is kept: a missing right (403), or a kind that is not served.
 */
export function keptIn<K, V>(map: Map<K, Promise<V>>, key: K, read: () => Promise<V>): Promise<V> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const reading = read();
  map.set(key, reading);
  reading.catch((error: unknown) => {
    // By now there may be another under this key, which is not to blame.
    if (!isFact(error) && map.get(key) === reading) map.delete(key);
  });
  return reading;
}

const isFact = (error: unknown): boolean => error instanceof NotServedError || error instanceof ForbiddenError;
