import { describe, expect, test } from '@jest/globals';
import { createCoalescer } from '../../../shared/runtime/coalesce.ts';

/** Work that ends when it is told to. */
function work() {
  const begun: ((error?: Error) => void)[] = [];
  const run = () => {
    const id = begun.length;
    return new Promise<number>((resolve, reject) => {
      begun.push((error) => (error === undefined ? resolve(id) : reject(error)));
    });
  };
  return { begun, run };
}
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('events about one subject', () => {
  test('that come while it is looked at are looked at together, after that', async () => {
    const { begun, run } = work();
    const together = createCoalescer();
    const all = Promise.all(Array.from({ length: 5 }, () => together.run('a', run)));
    await soon();
    expect(begun).toHaveLength(1);
    begun[0]!();
    await soon();
    expect(begun).toHaveLength(2);
    const late = together.run('a', run);
    begun[1]!();
    await soon();
    expect(begun).toHaveLength(3);
    begun[2]!();
    expect((await all).map(({ result, joined }) => [result, joined])).toEqual([
      [0, false],
      [1, false],
      [1, true],
      [1, true],
      [1, true],
    ]);
    expect(await late).toEqual({ result: 2, joined: false });
  });

  test('share a failure, and the next has a turn of its own', async () => {
    const { begun, run } = work();
    const together = createCoalescer();
    const first = together.run('a', run);
    const others = Promise.allSettled([together.run('a', run), together.run('a', run)]);
    await soon();
    begun[0]!(new Error('busy'));
    await expect(first).rejects.toThrow('busy');
    await soon();
    begun[1]!(new Error('still busy'));
    expect((await others).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = together.run('a', run);
    await soon();
    begun[2]!();
    expect(await again).toEqual({ result: 2, joined: false });
  });

  test('do not keep another subject waiting', async () => {
    const { begun, run } = work();
    const together = createCoalescer();
    void together.run('a', run);
    void together.run('b', run);
    await soon();
    expect(begun).toHaveLength(2);
  });
});
