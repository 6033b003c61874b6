import { Document, isMap, isScalar, visit } from 'yaml';
import type { Commented } from './options.ts';

/** Renders YAML: a first line that names the origin, then each object under its comment. */
export const render = (head: string, manifests: readonly Commented[]): string =>
  `# ${head}\n\n${manifests.map(renderOne).join('---\n')}`;

function renderOne({ why, manifest }: Commented): string {
  // No YAML anchors: they save a line and make readers search.
  const document = new Document(manifest, { aliasDuplicateObjects: false });
  visit(document, {
    // Short lists stay on one line: verbs, resources, filter attributes.
    Seq: (_key, seq) => void (seq.flow = seq.items.every(isScalar)),
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && pair.key.value === 'exact' && isMap(pair.value)) pair.value.flow = true;
    },
  });
  const comment = why === undefined ? '' : `${why.replaceAll(/^/gm, '# ')}\n`;
  return comment + document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
