import { expect, test } from '@jest/globals';
import { createLimit } from '../../../shared/runtime/limit.ts';

test('runs so many, lets so many wait in turn, refuses the rest, and is idle when all are done', async () => {
  const limit = createLimit(2, 1);
  const finished: number[] = [];
  const release: (() => void)[] = [];
  const task = (id: number) => () =>
    new Promise<void>((resolve) => release.push(resolve)).then(() => void finished.push(id));

  const accepted = [1, 2, 3].map((id) => limit.run(task(id)));
  expect(limit.run(task(4))).toBeUndefined();
  await Promise.resolve();
  expect(release).toHaveLength(2);

  release[0]?.();
  await accepted[0];
  await new Promise(setImmediate);
  expect(release).toHaveLength(3);
  release[1]?.();
  release[2]?.();
  await limit.idle();

  expect(finished.sort()).toEqual([1, 2, 3]);
});

test('a task that fails gives its place back', async () => {
  const limit = createLimit(1, 0);

  await expect(limit.run(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  await expect(limit.run(() => Promise.resolve('ran'))).resolves.toBe('ran');
});
