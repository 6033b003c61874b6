import { Document, isMap, isScalar, visit } from 'yaml';
import type { Commented } from './options.ts';

/** YAML text with a first line that says where it comes from, and each object under the comment that explains it. */
export const render = (head: string, manifests: readonly Commented[]): string =>
  `# ${head}\n\n${manifests.map(renderOne).join('---\n')}`;

function renderOne({ why, manifest }: Commented): string {
  // Every list and map is spelt out where it stands: an anchor saves a line and costs every reader a search.
  const document = new Document(manifest, { aliasDuplicateObjects: false });
  visit(document, {
    // One line where one line can be read: verbs, resources, the attributes of a filter.
    Seq: (_key, seq) => void (seq.flow = seq.items.every(isScalar)),
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && pair.key.value === 'exact' && isMap(pair.value)) pair.value.flow = true;
    },
  });
  const comment = why === undefined ? '' : `${why.replaceAll(/^/gm, '# ')}\n`;
  return comment + document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
