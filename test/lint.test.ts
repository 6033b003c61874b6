import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../', import.meta.url));
const inRoot = (path: string) => join(root, path);

/** What every example may use. */
const PRELUDE = `
const later = (): Promise<number> => Promise.resolve(1);
declare const any: any;
declare const value: unknown;
type Kind = 'a' | 'b';
enum Level { Low, High }
export { later, any, value, type Kind, Level };
`;

const allowed: readonly [says: string, code: string][] = [
  ['a promise that is awaited, or left on purpose', 'export const f = async () => { await later(); void later(); };'],
  ['a promise returned outside a try, without await', 'export const f = () => later();'],
  [
    'a switch with a default',
    `export const f = (kind: Kind) => { switch (kind) { case 'a': return 1; default: return 2; } };`,
  ],
  ['an unused name that begins with _', 'export const f = (_a: number) => { const _b = 1; };'],
];

/** By rule: what it is there to find. */
const faults: Readonly<Record<string, readonly string[]>> = {
  'no-floating-promises': [
    'export const f = () => { later(); };',
    'export const f = () => { later().then(() => 1); };',
    'export const f = () => { Promise.all([later()]); };',
  ],
  'no-misused-promises': [
    'export const f = () => { if (later()) return; };',
    'export const f = () => (later() ? 1 : 2);',
    'export const f = () => [1].forEach(async () => { await later(); });',
    'export const f: { g: () => void } = { g: later };',
    'export const f = () => ({ ...later() });',
  ],
  'return-await': ['export const f = async () => { try { return later(); } catch { return await later(); } };'],
  'switch-exhaustiveness-check': [
    `export const f = (kind: Kind) => { switch (kind) { case 'a': return 1; } return 2; };`,
  ],
  'consistent-type-imports': [`import { Shape } from './shape.ts'; export type S = Shape;`],
  'no-unused-vars': [
    'export const f = (a: number) => 1;',
    'export const f = () => { const a = 1; };',
    'export const f = () => { try { return 1; } catch (error) { return 2; } };',
    'type Unused = 1; export {};',
  ],
  'await-thenable': ['export const f = async () => { await 1; };'],
  'ban-ts-comment': ['// @ts-ignore\nexport const f = 1;'],
  'no-array-constructor': ['export const f = new Array(1, 2);'],
  'no-array-delete': ['export const f = (a: number[]) => { delete a[0]; };'],
  'no-base-to-string': ['export const f = (a: object) => String(a);'],
  'no-duplicate-enum-values': ['export enum Twice { A = 1, B = 1 }'],
  'no-duplicate-type-constituents': [`export type F = 'a' | 'a';`],
  'no-empty-object-type': ['export type F = {};'],
  'no-explicit-any': ['export const f = (a: any) => { void a; };'],
  'no-extra-non-null-assertion': ['export const f = (a?: { b: number }) => a!!.b;'],
  'no-for-in-array': ['export const f = (a: number[]) => { for (const i in a) void i; };'],
  'no-implied-eval': [`export const f = () => setTimeout('1');`],
  'no-misused-new': ['export interface F { new (): F }'],
  'no-namespace': ['export namespace F { export const a = 1; }'],
  'no-non-null-asserted-optional-chain': ['export const f = (a?: { b: number }) => a?.b!;'],
  'no-redundant-type-constituents': ['export type F = unknown | string;'],
  'no-require-imports': [`const f = require('a'); void f;`],
  'no-this-alias': ['export class F { f() { const that = this; return () => that; } }'],
  'no-unnecessary-type-assertion': ['export const f = (a: string) => a as string;'],
  'no-unnecessary-type-constraint': ['export type F<T extends unknown> = T;'],
  'no-unsafe-argument': ['export const f = () => Math.max(any);'],
  'no-unsafe-assignment': ['export const f = () => { const a = any; void a; };'],
  'no-unsafe-call': ['export const f = () => { any(); };'],
  'no-unsafe-declaration-merging': ['export interface F { a: 1 } export class F {}'],
  'no-unsafe-enum-comparison': ['export const f = (level: Level) => level === 1;'],
  'no-unsafe-function-type': ['export const f = (a: Function) => a;'],
  'no-unsafe-member-access': ['export const f = () => { void any.a; };'],
  'no-unsafe-return': ['export const f = (): string => any;'],
  'no-unsafe-unary-minus': ['export const f = (a: string) => -a;'],
  'no-unused-expressions': ['export const f = (a: number) => { a + 1; };'],
  'no-var': ['export var f = 1;'],
  'no-wrapper-object-types': ['export const f = (a: String) => a;'],
  'only-throw-error': [`export const f = () => { throw 'a'; };`],
  'prefer-as-const': [`export const f = 'a' as 'a';`],
  'prefer-const': ['export const f = () => { let a = 1; return a; };'],
  'prefer-namespace-keyword': ['export module F { export const a = 1; }'],
  'prefer-promise-reject-errors': [`export const f = () => Promise.reject('a');`],
  'prefer-rest-params': ['export function f() { return arguments[0]; }'],
  'prefer-spread': ['export const f = (g: (...a: number[]) => number, a: number[]) => g.apply(undefined, a);'],
  'require-await': ['export const f = async () => 1;'],
  'restrict-plus-operands': ['export const f = (a: bigint, b: number) => a + b;'],
  'restrict-template-expressions': ['export const f = (a: number[]) => `${a}`;'],
  'triple-slash-reference': [`/// <reference path="./shape.ts" />\nexport const f = 1;`],
  'unbound-method': [
    'export class A { b() { return this; } } export const f = (a: A) => { const { b } = a; return b; };',
  ],
};

type Found = Readonly<Record<string, readonly string[]>>;

describe('the linter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gleaner-lint-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let found: Found;
  const file = (name: string, at: number) => `${name}-${at}.ts`;

  beforeAll(async () => {
    const write = (name: string, code: string) => writeFileSync(join(folder, name), code);
    const use = `import { later, any, value, type Kind, Level } from './prelude.ts';\nvoid [later, any, value, Level]; export type K = Kind;\n`;
    write('prelude.ts', PRELUDE);
    write('shape.ts', 'export class Shape {}\n');
    const compilerOptions = { typeRoots: [inRoot('node_modules/@types')] };
    write('tsconfig.json', JSON.stringify({ extends: inRoot('tsconfig.json'), compilerOptions, include: ['*.ts'] }));
    allowed.forEach(([, code], at) => write(file('allowed', at), use + code));
    for (const [rule, codes] of Object.entries(faults))
      codes.forEach((code, at) => write(file(rule, at), code.startsWith('///') ? code : use + code));
    found = await lint(folder);
  });

  test.each(allowed.map(([says], at) => [says, at] as const))('allows %s', (_says, at) => {
    expect(found[file('allowed', at)] ?? []).toEqual([]);
  });

  test.each(Object.entries(faults).flatMap(([rule, codes]) => codes.map((code, at) => [rule, code, at] as const)))(
    '%s finds %s',
    (rule, _code, at) => {
      expect(found[file(rule, at)]).toContain(rule);
    },
  );

  test('has a fault here for each of its rules', () => {
    const config = readFileSync(inRoot('.oxlintrc.json'), 'utf8');
    const [rules = ''] = config.split('"overrides"');
    const named = [...rules.matchAll(/"(?:typescript\/)?([a-z-]+)": (?:"error"|\["error")/g)].map(([, rule]) => rule);
    expect(named.sort()).toEqual(Object.keys(faults).sort());
  });
});

/** By file: the rules that find something in it. */
function lint(folder: string): Promise<Found> {
  const args = [inRoot('node_modules/oxlint/bin/oxlint'), '-c', inRoot('.oxlintrc.json'), '-f', 'json', folder];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      try {
        const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
        const rules: Record<string, string[]> = {};
        for (const { code, filename } of diagnostics)
          (rules[filename.slice(filename.lastIndexOf('/') + 1)] ??= []).push(code.replace(/.*\((.*)\)/, '$1'));
        resolve(rules);
      } catch {
        reject(error ?? new Error(stderr || stdout));
      }
    });
  });
}
