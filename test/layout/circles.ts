import type { Import } from './imports.ts';
import { importsOf } from './imports.ts';

/**
 * The circles of imports: the groups of files each of which reaches every other one (strongly connected components of
 * two files and more). Files of a group are sorted by path, groups by their first file.
 *
 * `files`: sources by path from the root. `kinds`: which imports count; others, and imports of packages, are passed over.
 */
export function circlesOf(files: ReadonlyMap<string, string>, kinds: readonly Import['kind'][]): string[][] {
  const targetsOf = new Map(
    [...files].map(([path, source]): [string, string[]] => [
      path,
      importsOf(path, source).flatMap(({ target, kind }) => (kinds.includes(kind) && files.has(target) ? target : [])),
    ]),
  );
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  // Tarjan's algorithm.
  const visit = (path: string): number => {
    const own = index.size;
    index.set(path, own);
    low.set(path, own);
    stack.push(path);
    for (const target of targetsOf.get(path) ?? []) {
      const reached = index.has(target) ? (stack.includes(target) ? index.get(target) : undefined) : visit(target);
      low.set(path, Math.min(low.get(path) ?? own, reached ?? own));
    }
    if (low.get(path) === own) {
      const group = stack.splice(stack.indexOf(path)).sort();
      if (group.length > 1) circles.push(group);
    }
    return low.get(path) ?? own;
  };
  for (const path of files.keys()) if (!index.has(path)) visit(path);
  return circles.sort(([a = ''], [b = '']) => a.localeCompare(b));
}

/** One way round: from the first file of the circle back to it, by the fewest imports. */
function wayRound(
  circle: readonly string[],
  files: ReadonlyMap<string, string>,
  kinds: readonly Import['kind'][],
): string[] {
  const [start = ''] = circle;
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    const from = way.at(-1) ?? start;
    for (const { target, kind } of importsOf(from, files.get(from) ?? '')) {
      if (!kinds.includes(kind) || !circle.includes(target) || seen.has(target)) continue;
      if (target === start) return [...way, start];
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return [start];
}

/** The circles, a sentence each: the shortest way round, every file of it, and what to do. */
export function circleSentences(files: ReadonlyMap<string, string>, kinds: readonly Import['kind'][]): string[] {
  return circlesOf(files, kinds).map((circle) => {
    const way = wayRound(circle, files, kinds);
    const more = circle.filter((path) => !way.includes(path));
    const others = more.length === 0 ? '' : ` (and through ${more.join(', ')})`;
    return `${way.join(' → ')}${others}: move what they share into a file that imports none of them`;
  });
}
