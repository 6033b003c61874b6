/** Where the bed keeps things: all of it in the user's cache folder, nothing in the tree. */
import { homedir } from 'node:os';
import { join } from 'node:path';

const base = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gleaner-bed');

/** Hand-written Go modules of the bed, in the tree. */
export const modulesFolder = join(import.meta.dirname, 'modules');
export const fixturesFolder = join(import.meta.dirname, 'fixtures');

/** Built binaries, one folder per part and content of its sources. */
export const binFolder = join(base, 'bin');
/** Copies of the modules, where go.mod and go.sum may be completed. */
export const sourceFolder = join(base, 'src');
/** Go's module and build caches: kept together, so that one folder can be cached by CI. */
export const goCaches = { GOMODCACHE: join(base, 'go', 'mod'), GOCACHE: join(base, 'go', 'build') };

/** State, logs, sockets and data of one bed; several beds can run beside each other. */
export const runFolder = (name: string): string => join(base, 'run', name);
