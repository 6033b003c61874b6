import { describe, expect, test } from '@jest/globals';
import { ref } from '../../../shared/domain/kinds.ts';
import { attempt, isFound } from '../../../shared/ports/attempt.ts';
import {
  ConflictError,
  ForbiddenError,
  GoneError,
  NotServedError,
  RetryableError,
  TerminalError,
  UnreadableError,
} from '../../../shared/ports/errors.ts';

describe('a read that may fail', () => {
  test('is found, whatever it found', async () => {
    const attempted = await attempt(() => Promise.resolve(undefined));
    expect(attempted).toEqual({ found: undefined });
    expect(isFound(attempted)).toBe(true);
  });

  test.each([
    new ForbiddenError('get Setting backup-target: 403', 403),
    new NotServedError('the API server does not serve backups', 404),
    new TerminalError('get Setting backup-target: 401', 401),
    new UnreadableError(ref('Setting', 'backup-target'), 'value'),
  ])('is unknown where the cluster says no for good: $name', async (error) => {
    const attempted = await attempt(() => Promise.reject(error));
    expect(attempted).toEqual({ unknown: error.message });
    expect(isFound(attempted)).toBe(false);
  });

  test.each([
    new RetryableError('503', 503),
    new ConflictError('409', 409),
    new GoneError('404', 404),
    new TypeError('undefined is not iterable'),
    // What looks like an error of the cluster and is none.
    Object.assign(new Error('forbidden'), { status: 403, name: 'ForbiddenError' }),
  ])('throws everything else on: $name', async (error) => {
    await expect(attempt(() => Promise.reject(error))).rejects.toBe(error);
  });
});
