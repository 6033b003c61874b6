import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { forEachUnreadable, orUnreadable } from '../../../shared/chain/unreadable.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import { RetryableError, TerminalError, UnreadableError } from '../../../shared/ports/errors.ts';
import { readerOf } from '../../gen/reader.ts';

const odd = make.snapshot({ name: 'odd' }, (o) => void (o['spec'] = make.secretMarker));
const world = [make.snapshot({ name: 'fine' }), odd];

describe('orUnreadable', () => {
  const never = () => {
    throw new Error('was asked');
  };
  test('gives what was read', async () => {
    expect(await orUnreadable(async () => 'read', never)).toBe('read');
    expect(await orUnreadable(async () => undefined, never)).toBeUndefined();
  });

  test('says which object it is, which field, and how to see it; never the value', async () => {
    const said = await orUnreadable<unknown>(
      () => readerOf(world).get('VolumeSnapshot', 'odd', 'prod'),
      (one) => one,
    );
    expect(said).toEqual({
      object: ref('VolumeSnapshot', 'odd', 'prod'),
      message: 'VolumeSnapshot prod/odd is not as expected at spec: invalid_type',
      command: 'kubectl get volumesnapshots.snapshot.storage.k8s.io odd -n prod -o yaml',
    });
    expect(JSON.stringify(said)).not.toContain(make.secretMarker);
  });

  test.each([new RetryableError('later'), new TerminalError('no'), new TypeError('a mistake')])(
    'passes on any other error: %s',
    async (error) => {
      await expect(orUnreadable(() => Promise.reject(error), never)).rejects.toBe(error);
    },
  );
});

describe('forEachUnreadable', () => {
  test.each([
    ['goes through the list', readerOf(world)],
    [
      'asks a reader with an index for what it left out',
      {
        ...readerOf([]),
        unreadable: async () => [new UnreadableError(ref('VolumeSnapshot', 'odd', 'prod'), 'spec: invalid_type')],
      },
    ],
  ])('%s', async (_how, reader) => {
    const names: string[] = [];
    await forEachUnreadable(reader, 'VolumeSnapshot', ({ object }) => void names.push(object.name));
    expect(names).toEqual(['odd']);
  });
});
