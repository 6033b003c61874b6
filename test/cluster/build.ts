/** Builds the parts with Go, each once per content of its sources. */
import { createHash } from 'node:crypto';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Part } from './parts.ts';
import { binFolder, goCaches, modulesFolder, sourceFolder } from './places.ts';

/** A part did not build; the message names it and what remains usable. */
class BuildError extends Error {
  override name = 'BuildError';
  readonly part: Part;
  constructor(part: Part, output: string) {
    super(
      `${part.name} did not build.\n${output.trim().split('\n').slice(-15).join('\n')}\nWhat remains usable: ${part.without}.`,
    );
    this.part = part;
  }
}

export interface BuildOptions {
  /** Packages compiled at the same time (`go build -p`). One is gentle to a shared machine. */
  readonly jobs: number;
  readonly say: (line: string) => void;
}

const FORGOTTEN_AFTER_DAYS = 14;
const goEnv = { ...process.env, ...goCaches, GOFLAGS: '-buildvcs=false -modcacherw', GOWORK: 'off' };
const execute = promisify(execFile);

/** Go's version, or undefined when there is no Go on this machine. */
export async function goVersion(): Promise<string | undefined> {
  return execute('go', ['env', 'GOVERSION']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** Folder with the binaries of a part; it exists only when they are complete. */
export async function binariesOf(part: Part): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([part.binaries, part.release, part.ldflags, await goVersion(), ...(part.tags ? [part.tags] : [])]),
  );
  const folder = join(modulesFolder, part.folder);
  for (const file of (await readdir(folder)).sort()) hash.update(file).update(await readFile(join(folder, file)));
  return join(binFolder, `${part.name}-${hash.digest('hex').slice(0, 12)}`);
}

/** Builds what is missing, in order, and stops at the first part that fails. */
export async function build(parts: readonly Part[], options: BuildOptions): Promise<void> {
  const missing: Part[] = [];
  for (const part of parts) if (!(await isBuilt(part))) missing.push(part);
  await forgetUnused();
  if (missing.length === 0) return options.say(`All ${parts.length} parts are built.`);
  const minutes = missing.reduce((sum, part) => sum + part.coldMinutes, 0);
  options.say(
    `Building ${missing.length} of ${parts.length} parts: about ${minutes} minutes with cold caches on two cores, far less with warm ones.`,
  );
  for (const part of missing) {
    options.say(`  ${part.name} (up to ${part.coldMinutes} min) …`);
    const started = performance.now();
    await buildPart(part, options);
    options.say(`  ${part.name} built in ${Math.round((performance.now() - started) / 1000)} s`);
  }
}

/** Marks what it finds as used today. */
async function isBuilt(part: Part): Promise<boolean> {
  const now = new Date();
  return utimes(await binariesOf(part), now, now).then(
    () => true,
    () => false,
  );
}

/**
 * Binaries of sources that changed since are of no use here, but perhaps to another branch: they go after a while. What
 * an interrupted build left goes sooner.
 */
async function forgetUnused(): Promise<void> {
  for (const [folder, days] of [
    [binFolder, FORGOTTEN_AFTER_DAYS],
    [sourceFolder, 1],
  ] as const)
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined); // somebody else may be removing it as well
      if (found && found.mtimeMs < Date.now() - days * 24 * 3_600_000) await rm(path, { recursive: true, force: true });
    }
}

/** Removes all binaries but those of these parts, and what interrupted builds left; gives the names. */
export async function clean(keep: readonly Part[]): Promise<string[]> {
  const kept = new Set(await Promise.all(keep.map(binariesOf)));
  const all = (folder: string) => readdir(folder).catch(() => []);
  const old = (await all(binFolder)).map((name) => join(binFolder, name)).filter((path) => !kept.has(path));
  old.push(...(await all(sourceFolder)).map((name) => join(sourceFolder, name)));
  for (const path of old) await rm(path, { recursive: true, force: true });
  return old.map((path) => basename(path));
}

async function buildPart(part: Part, { jobs }: BuildOptions): Promise<void> {
  const target = await binariesOf(part); // before anything is read: what changes meanwhile belongs to another target
  await mkdir(sourceFolder, { recursive: true });
  const source = await mkdtemp(join(sourceFolder, `${part.name}-`));
  try {
    await cp(join(modulesFolder, part.folder), source, { recursive: true });
    if (part.release) await beginFromRelease(part.release, source);
    const made = join(source, '.out');
    const flags = [
      '-p',
      String(jobs),
      '-trimpath',
      '-ldflags',
      `-s -w ${part.ldflags ?? ''}`,
      ...(part.tags === undefined ? [] : ['-tags', part.tags]),
      ...(part.release ? ['-mod=mod'] : ['-mod=readonly']),
    ];
    for (const [binary, path] of Object.entries(part.binaries))
      await nicely('go', ['build', ...flags, '-o', join(made, binary), path], source);
    await mkdir(binFolder, { recursive: true });
    // All or nothing: an interrupted build leaves no half folder. One beside this may have been quicker with the same.
    await rename(made, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw new BuildError(part, error instanceof Error ? error.message : String(error));
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

/**
 * Programs that embed a whole release begin from its own go.mod (the replace block matters) and go.sum
 * (not every checksum they need is in the public database).
 */
async function beginFromRelease(
  { module, version, instead = {} }: NonNullable<Part['release']>,
  folder: string,
): Promise<void> {
  const release = await moduleFolder(`${module}@v${version}`);
  const lines = (await readFile(join(release, 'go.mod'), 'utf8'))
    .split('\n')
    .filter((line) => !/^(module|toolchain) /.test(line))
    .filter((line) => !Object.keys(instead).some((it) => line.trim().startsWith(`${it} =>`)));
  const replaced = Object.entries(instead).map(([from, to]) => `replace ${from} => ${to}`);
  await writeFile(
    join(folder, 'go.mod'),
    ['module gleaner.bed/program', ...lines, ...replaced, `require ${module} v${version}`, ''].join('\n'),
  );
  await writeFile(join(folder, 'go.sum'), await readFile(join(release, 'go.sum')));
}

/** Where the Go module cache has a module; downloads it if needed. */
export async function moduleFolder(moduleAtVersion: string): Promise<string> {
  await mkdir(sourceFolder, { recursive: true });
  const { stdout } = await execute('go', ['mod', 'download', '-json', moduleAtVersion], {
    cwd: sourceFolder,
    env: goEnv,
  });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** Runs with the lowest priority and fails with what the program said. */
async function nicely(command: string, args: string[], cwd: string): Promise<void> {
  const child = spawn('nice', ['-n', '19', command, ...args], { cwd, env: goEnv, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
  if (code !== 0) throw new Error(said.replace(/^go: downloading.*\n/gm, '') || `${command} ended with ${code}`);
}
