import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hash, NameTable } from '../../../shared/survey/name-table.ts';

/** What a table may be asked for, and what a Map from names to values would answer. */
type Step =
  | {
      readonly do: 'add' | 'mark';
      readonly name: string;
      readonly namespace: string | undefined;
      readonly bits: number;
    }
  | {
      readonly do: 'note';
      readonly name: string;
      readonly namespace: string | undefined;
      readonly number: number;
      readonly which: number;
    }
  | { readonly do: 'get'; readonly name: string; readonly namespace: string | undefined };

const NUMBERS = 2;
const some = fc.constantFrom('a', 'b', 'web-0', 'web-0/x', '', 'ä', '名前', '💾', '\ud83d', 'x'.repeat(253));
const name = fc.oneof(some, fc.string({ unit: 'binary' }));
const at = { name, namespace: fc.option(fc.constantFrom('prod', 'dev', '', 'a/b'), { nil: undefined }) };
const bits = fc.integer({ min: 1, max: 0xffffffff });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('add', 'mark'), ...at, bits }),
  fc.record({
    do: fc.constant('note'),
    ...at,
    number: fc.integer({ min: 0, max: 0xffffffff }),
    which: fc.nat(NUMBERS - 1),
  }),
  fc.record({ do: fc.constant('get'), ...at }),
);

/** What the table answers; nothing for a note that was taken. */
function perform(table: NameTable, step: Step): number | string | undefined {
  const { name, namespace } = step;
  if (step.do === 'get') return table.get(name, namespace);
  if (step.do !== 'note') return table[step.do](name, step.bits, namespace);
  try {
    table.note(name, step.number, namespace, step.which);
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

describe('a table answers as a Map would', () => {
  // "a/b" and "c" hash like "a" and "b/c": no name in Kubernetes has a slash.
  const keyOf = ({ name, namespace }: { name: string; namespace: string | undefined }) =>
    namespace === undefined ? name : `${namespace}/${name}`;

  test('whatever is done in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new NameTable({ numbers: NUMBERS });
        const model = new Map<string, { bits: number; numbers: number[] }>();
        // Compared at the end: an expectation for each step would take longer than all the rest.
        const [answers, expected]: [unknown[], unknown[]] = [[], []];
        for (const one of steps) {
          const { name, namespace } = one;
          const known = model.get(keyOf(one));
          const before = known?.bits ?? 0;
          expected.push(one.do === 'note' && known === undefined ? 'RangeError' : before);
          answers.push(perform(table, one) ?? before);
          if (one.do === 'note' && known !== undefined) known.numbers[one.which] = one.number;
          if ((one.do === 'add' || one.do === 'mark') && known !== undefined)
            known.bits = (known.bits | one.bits) >>> 0;
          if (one.do === 'add' && known === undefined) model.set(keyOf(one), { bits: one.bits, numbers: [0, 0] });
          const now = model.get(keyOf(one)) ?? { bits: 0, numbers: [0, 0] };
          expected.push(now.bits, ...now.numbers);
          answers.push(table.get(name, namespace), ...[0, 1].map((which) => table.numberOf(name, namespace, which)));
        }
        expect(answers).toEqual(expected);
        const values = [...model.values()].map(({ bits }) => bits);
        const seen: number[] = [];
        table.some((value) => {
          seen.push(value);
          return false;
        });
        expect(seen.sort()).toEqual(values.sort());
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['names alone', undefined],
    ['names of a namespace', 'prod'],
  ])('through several doublings, with %s', (_what, namespace) => {
    const table = new NameTable({ numbers: 1 });
    const count = 20_000;
    const wrong: number[] = [];
    for (let i = 0; i < count; i++) {
      if (table.add(`web-${i}`, i + 1, namespace) !== 0) wrong.push(i);
      table.note(`web-${i}`, count - i, namespace);
    }
    for (let i = 0; i < count; i++)
      if (table.get(`web-${i}`, namespace) !== i + 1 || table.numberOf(`web-${i}`, namespace) !== count - i)
        wrong.push(i);
    expect(wrong).toEqual([]);
    expect(table.get(`web-${count}`, namespace)).toBe(0);
  });
});

describe('a table', () => {
  test('keeps names whose slots collide apart', () => {
    // Of a table that has not grown, a slot is the lowest ten bits of the second half of the hash: 700 names of 1,024
    // slots collide by the hundred.
    const table = new NameTable();
    for (let i = 0; i < 700; i++) table.add(`n${i}`, i + 1);
    expect(Array.from({ length: 700 }, (_, i) => table.get(`n${i}`))).toEqual(
      Array.from({ length: 700 }, (_, i) => i + 1),
    );
  });

  test('keeps the highest bit, and gives no number below 0', () => {
    const table = new NameTable({ numbers: 1 });
    table.add('a', 0x80000000);
    table.note('a', 0xffffffff);
    expect([table.get('a'), table.numberOf('a')]).toEqual([0x80000000, 0xffffffff]);
    expect(table.add('a', 1)).toBe(0x80000000);
    expect(table.get('a')).toBe(0x80000001);
  });

  test('tells a name in a namespace from the same name in another, and in none', () => {
    const table = new NameTable();
    table.add('a', 1);
    table.add('a', 2, 'prod');
    table.add('a', 4, 'dev');
    expect([table.get('a'), table.get('a', 'prod'), table.get('a', 'dev'), table.get('a', 'x')]).toEqual([1, 2, 4, 0]);
  });

  test('refuses a number that it has no room for', () => {
    const table = new NameTable({ numbers: 1 });
    table.add('a', 1);
    expect(() => table.note('a', 1, undefined, 1)).toThrow(RangeError);
    expect(() => table.numberOf('a', undefined, 1)).toThrow(RangeError);
    expect(() => new NameTable().numberOf('a')).toThrow(RangeError);
  });

  test('is empty at first', () => {
    const table = new NameTable({ numbers: 1 });
    expect([table.get('a'), table.mark('a', 1), table.numberOf('a'), table.some(() => true)]).toEqual([0, 0, 0, false]);
    expect(table.get('a')).toBe(0);
  });
});

describe('a hash', () => {
  test('is of 32 bits, and the same whatever was hashed before', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 12 }), (names) => {
        const first = names.map(hash);
        expect(names.toReversed().map(hash).toReversed()).toEqual(first);
        for (const one of first) expect(one >>> 0).toBe(one);
      }),
    );
  });

  test('tells 100,000 names apart as far as 32 bits can', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) seen.add(hash(`backup-${i.toString(16).padStart(16, '0')}`));
    // 1.2 pairs are to be expected to collide.
    expect(seen.size).toBeGreaterThan(100_000 - 12);
  });
});
