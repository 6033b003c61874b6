import { expect, test } from '@jest/globals';
import { continueIn, continueOf } from '../../../shared/kube/pagination.ts';

const item = {
  metadata: { name: 'a', continue: 'items', annotations: { 'kubectl/last': '{"metadata":{"continue":"x"}}' } },
};
const nested = {
  spec: { items: [{ metadata: { continue: 'nested' } }], template: { b: 1, metadata: { continue: 'z' } } },
};

test.each<[string, object | string, string | undefined]>([
  [
    'metadata first',
    { kind: 'List', metadata: { resourceVersion: '1', continue: 'two' }, items: [item, nested] },
    'two',
  ],
  ['metadata last', { apiVersion: 'v', items: [item, nested], kind: 'L', metadata: { continue: 'two' } }, 'two'],
  ['metadata between', { items: [item], metadata: { continue: 'two' }, kind: 'List' }, 'two'],
  ['the last page, metadata first', { metadata: { continue: '' }, items: [item, nested] }, undefined],
  ['the last page, metadata last', { items: [nested, item], metadata: { remainingItemCount: 0 } }, undefined],
  ['no metadata, but in items', { items: [item, nested] }, undefined],
  [
    'items within something else first',
    { a: { items: [{}], metadata: { continue: 'no' } }, items: [nested] },
    undefined,
  ],
  ['a list of nothing', { metadata: {}, items: [] }, undefined],
  ['a line end behind it', `${JSON.stringify({ items: [item], metadata: { continue: 'two' } })}\n`, 'two'],
  ['no list', { kind: 'Status', metadata: { continue: 'two' } }, undefined],
  ['null', 'null', undefined],
  ['no JSON', '<html>"items":[,"metadata":{', undefined],
])('%s', (_, json, expected) => {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  expect(continueIn(text, text)).toBe(expected);
  // What it says is what the parsed page says; it may say nothing.
  if (expected !== undefined) expect(continueOf(JSON.parse(text))).toBe(expected);
});

test('only the ends of a page are needed', () => {
  const items = Array.from({ length: 500 }, () => ({ ...item, ...nested }));
  for (const page of [
    { items, metadata: { continue: 'two' } },
    { metadata: { continue: 'two' }, items },
  ]) {
    const text = JSON.stringify(page);
    expect(continueIn(text.slice(0, 1000), text.slice(-1000))).toBe('two');
  }
});
