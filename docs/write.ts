/** `npm run docs`: writes the generated pages and the README's figures. A test fails if the checked-in pages differ. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as functions from '../functions/index.ts';
import { capabilities, functionsPage, reasonsPage, Results, withFigures } from './pages.ts';

const root = new URL('../', import.meta.url);
const inRoot = (path: string) => fileURLToPath(new URL(path, root));

const measured = inRoot('bench/results.json');
const results = existsSync(measured) ? Results.parse(JSON.parse(readFileSync(measured, 'utf8'))) : undefined;

const pages: Record<string, string> = {
  'docs/reasons.md': reasonsPage(),
  'docs/functions.md': functionsPage(Object.values(functions)),
  'docs/capabilities.md': capabilities(),
  'README.md': withFigures(readFileSync(inRoot('README.md'), 'utf8'), results),
};
for (const [path, text] of Object.entries(pages)) {
  writeFileSync(inRoot(path), text);
  console.log(`wrote ${path}`);
}
