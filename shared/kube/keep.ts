import { ForbiddenError, NotServedError } from '../ports/errors.ts';

/**
 * Returns the promise under this key, calling `read` if there is none, so that equal concurrent calls share one. A
 * rejected promise is removed and the next call reads again, so that one 503 does not fail every later call. Only
 * errors that are facts stay cached: a missing permission (403), or a kind that is not served.
 */
export function keptIn<K, V>(map: Map<K, Promise<V>>, key: K, read: () => Promise<V>): Promise<V> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const reading = read();
  map.set(key, reading);
  reading.catch((error: unknown) => {
    // Another promise may have replaced this one.
    if (!isFact(error) && map.get(key) === reading) map.delete(key);
  });
  return reading;
}

const isFact = (error: unknown): boolean => error instanceof NotServedError || error instanceof ForbiddenError;
