import { dirname } from 'node:path/posix';
import { importsOf } from './imports.ts';

/** One row of the import table. */
export interface Room {
  /** A folder or file; `*` is any one name. A file belongs to the row that fits it most closely. */
  readonly room: string;
  /** Folders and files of this repository that it may import; its own room it always may. `*`: anything. */
  readonly may: readonly string[];
  /** As `may`, but only `import type`. */
  readonly types?: readonly string[];
  /** As `may`, but only when it is needed: `await import()`, or as a type. */
  readonly lazily?: readonly string[];
  /** npm packages and modules of Node’s; `node:*` is all of those. */
  readonly packages?: readonly string[];
  /** Decides, and therefore reaches neither clock nor chance nor the process. */
  readonly pure?: boolean;
}

/** Where to go instead, by what was reached for; the first that fits. */
export type Hints = readonly (readonly [target: string, hint: string])[];

const fits = (pattern: string, path: string): boolean => {
  const parts = pattern.split('/');
  const given = path.split('/');
  // A folder fits what is in it; a file only itself.
  const deepEnough = pattern.endsWith('.ts') ? parts.length === given.length : parts.length < given.length;
  return deepEnough && parts.every((part, i) => part === '*' || part === given[i]);
};
/** Longer and plainer names are closer: a named file of any function before any file of any function. */
const closeness = ({ room }: Room): number => room.split('/').reduce((sum, part) => sum + (part === '*' ? 10 : 11), 0);

export const roomOf = (path: string, rooms: readonly Room[]): Room | undefined =>
  rooms.filter(({ room }) => fits(room, path)).sort((a, b) => closeness(b) - closeness(a))[0];

const within = (targets: readonly string[] | undefined, path: string): boolean =>
  targets?.some((target) => target === '*' || fits(target, path)) ?? false;
const amongPackages = (packages: readonly string[] | undefined, name: string): boolean =>
  packages?.some((one) => one === '*' || one === name || (one === 'node:*' && name.startsWith('node:'))) ?? false;

/** What breaks the table, a sentence each, with the room to use instead. `files`: sources by path from the root. */
export function violations(files: ReadonlyMap<string, string>, rooms: readonly Room[], hints: Hints): string[] {
  return [...files].flatMap(([path, source]) => {
    const room = roomOf(path, rooms);
    if (room === undefined) return [`${path} is in no room: put it into one, or give it a row in the table`];
    const wrong = importsOf(path, source).flatMap(({ target, kind }) => {
      const inside = files.has(target);
      if (inside && isPrivate(target) && dirname(target) !== dirname(path)) {
        return [`${path} imports ${target}, which is private to ${dirname(target)}: export it from a file without "_"`];
      }
      const own = inside && ownFolder(path, room, target);
      const allowed = inside
        ? own ||
          within(room.may, target) ||
          (kind === 'type' && within(room.types, target)) ||
          (kind !== 'value' && within(room.lazily, target))
        : isLocal(target) || amongPackages(room.packages, target);
      if (allowed) return [];
      const hint = hints.find(([to]) => fits(to, target) || to === target)?.[1];
      return [
        `${path} imports ${target} (${kind}), which ${room.room} may not${hint === undefined ? '' : `: ${hint}`}`,
      ];
    });
    return [...wrong, ...(room.pure ? impurities(path, source) : [])];
  });
}

/** Generated or foreign files, and such that do not exist: the compiler has its say about those. */
const isLocal = (target: string): boolean => /\.(ts|js|cjs|mjs|json)$/.test(target);
const isPrivate = (path: string): boolean => /(^|\/)_[^/]*$/.test(path);

/** A file of the same room: below its folder, whatever `*` is there; beside it, for a room that is one file. */
function ownFolder(path: string, { room }: Room, target: string): boolean {
  if (room.endsWith('.ts')) return dirname(target) === dirname(path);
  const folder = path.split('/').slice(0, room.split('/').length).join('/');
  return target.startsWith(`${folder}/`);
}

const impure = /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|process\.|setTimeout\(|setInterval\(|fetch\()/;

function impurities(path: string, source: string): string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
  const found = impure.exec(code)?.[1];
  return found === undefined ? [] : [`${path} uses ${found}: time, chance and environment are handed in as arguments`];
}

/** What a file reaches by values, through however many others. */
export function reaches(path: string, files: ReadonlyMap<string, string>): Set<string> {
  const reached = new Set<string>();
  const visit = (from: string): void => {
    for (const { target, kind } of importsOf(from, files.get(from) ?? '')) {
      if (kind === 'type' || reached.has(target)) continue;
      reached.add(target);
      visit(target);
    }
  };
  visit(path);
  return reached;
}
