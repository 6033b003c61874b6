import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { lastWarning, warningsAbout } from '../../../shared/scratch/scratch.ts';
import { ForbiddenError, RetryableError } from '../../../shared/ports/errors.ts';
import type { Reader } from '../../../shared/ports/reader.ts';
import type { Claim } from '../../../shared/objects/types.ts';
import { readerOf } from '../../gen/reader.ts';

describe('what the provisioner says about a claim that is not bound', () => {
  const claim = async (): Promise<Claim> => {
    const found = await readerOf([make.claim('waits', 'scratch')]).get('PersistentVolumeClaim', 'waits', 'scratch');
    return { ...found!, status: { ...found!.status, phase: 'Pending' } };
  };
  const event = (uid: string, note: string, type = 'Warning') =>
    make.object('events.k8s.io/v1', 'Event', { name: note, namespace: 'scratch' }, { regarding: { uid }, note, type });
  const refusing = (error: Error): Reader => ({
    ...readerOf([]),
    async *list() {
      throw error;
    },
  });

  test('is nothing where there is no Event of it', async () => {
    const others = [event('another', 'no room')];
    expect(lastWarning(await warningsAbout(readerOf(others), await claim()))).toBe('');
  });

  test('is the last of its warnings', async () => {
    const waits = await claim();
    const { uid } = waits.metadata;
    const events = [event(uid, 'first'), event(uid, 'second'), event(uid, 'all goes well', 'Normal')];
    expect(lastWarning(await warningsAbout(readerOf(events), waits))).toBe('; the provisioner says: second');
  });

  test('is not known where Events may not be read, which is said', async () => {
    const said = await warningsAbout(refusing(new ForbiddenError('list Event: 403 Forbidden', 403)), await claim());
    expect(lastWarning(said)).toBe('; warnings of the provisioner are unknown: the right to list Events is missing');
  });

  test('is asked for again where the API server does not answer', async () => {
    const asked = warningsAbout(refusing(new RetryableError('no answer', 503)), await claim());
    await expect(asked).rejects.toBeInstanceOf(RetryableError);
  });
});
