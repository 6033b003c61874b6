import { describe, expect, test } from '@jest/globals';
import { lookAtChains } from '../../cli/commands/advise.ts';
import { RetryableError, TerminalError } from '../../shared/ports/errors.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import { readerOf } from '../gen/reader.ts';

const failing = (error: Error): Reader => ({
  ...readerOf([]),
  list: () => {
    throw error;
  },
});

describe('what advise makes of VMBackups that could not be looked at', () => {
  test.each([new TerminalError('list: 403', 403), new RetryableError('list: 503', 503)])(
    'an error of the cluster is an unknown: $message',
    async (error) => {
      expect(await lookAtChains(failing(error))).toEqual({ unknown: expect.stringContaining(error.message) });
    },
  );

  test('a mistake of Gleaner’s own is thrown', async () => {
    await expect(lookAtChains(failing(new TypeError('undefined is not iterable')))).rejects.toThrow(TypeError);
  });
});
