import { dirname, join } from 'node:path/posix';

export interface Import {
  /** A path from the root (`shared/plan/plan.ts`), or the name of a package (`zod`, `node:fs`). */
  readonly target: string;
  readonly kind: 'value' | 'type' | 'lazy';
}

const statement = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\sfrom\s+)?'([^']+)'/gm;
const call = /\bimport\(\s*'([^']+)'\s*\)/g;

/**
 * What a module imports. Reads text and no syntax tree: prettier keeps the form, and a specifier that is no literal is
 * not seen.
 */
export function importsOf(path: string, source: string): Import[] {
  const resolve = (specifier: string): string =>
    specifier.startsWith('.') ? join(dirname(path), specifier) : packageOf(specifier);
  return [
    ...[...source.matchAll(statement)].map(([, type, specifier = '']): Import => {
      return { target: resolve(specifier), kind: type === undefined ? 'value' : 'type' };
    }),
    ...[...source.matchAll(call)].map(([, specifier = '']): Import => ({ target: resolve(specifier), kind: 'lazy' })),
  ];
}

const packageOf = (specifier: string): string =>
  specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
