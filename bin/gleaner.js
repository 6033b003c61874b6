#!/usr/bin/env node
/* Plain JavaScript, so that an older Node can read it and say what is wrong. */
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(`gleaner needs Node.js ${NEEDED} or later; this is ${process.version}.`);
  process.exitCode = 2;
} else {
  const { existsSync, readdirSync, statSync } = await import('node:fs');
  const root = new URL('../', import.meta.url);
  const built = new URL('dist/gleaner.js', root);
  const source = new URL('cli/main.ts', root);

  // In a work tree the build may be missing, or older than what was edited since.
  const entry = existsSync(source) && (!existsSync(built) || hasChangedSince(statSync(built).mtimeMs)) ? source : built;
  await import(entry.href);

  function hasChangedSince(timeMs) {
    return ['cli', 'functions', 'sandbox', 'shared'].some((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).some(
        (file) => file.isFile() && statSync(`${file.parentPath}/${file.name}`).mtimeMs > timeMs,
      ),
    );
  }
}
