import { describe, expect, test } from '@jest/globals';
import { Config } from '../../../functions/drill-restore/config.ts';
import { observe } from '../../../functions/drill-restore/observe.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import * as names from '../../../shared/domain/names.ts';
import { TerminalError } from '../../../shared/ports/errors.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import { readerOf } from '../../gen/reader.ts';

const config = Config.parse({ drills: 'off' });
const record = ref('ConfigMap', names.DRILL_RECORD, names.DRILL_NAMESPACE);
const failing = (error: Error): Reader => ({ ...readerOf([]), get: () => Promise.reject(error) });

describe('where drills are off, their record', () => {
  test('need not be there', async () => {
    expect(await observe(readerOf([]), record, 0, config)).toMatchObject({ is: 'off', record: undefined });
  });

  test('need not be readable', async () => {
    const refused = failing(new TerminalError('get ConfigMap: 403', 403));
    expect(await observe(refused, record, 0, config)).toMatchObject({ is: 'off', record: undefined });
  });

  test('hides no mistake of Gleaner’s own', async () => {
    const broken = failing(new TypeError('undefined is not a function'));
    await expect(observe(broken, record, 0, config)).rejects.toThrow(TypeError);
  });
});
