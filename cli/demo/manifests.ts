import { parseAllDocuments } from 'yaml';
import { manifestFiles } from '../../shared/manifests/files.ts';
import type { Manifest } from '../../shared/manifests/options.ts';
import { defaults } from '../../shared/manifests/options.ts';
import { allFunctions } from '../functions.ts';

/** What `gleaner manifests` prints, read back: the demo is set up as a cluster would be. */
export const manifests = (): Manifest[] =>
  manifestFiles(allFunctions, defaults)
    .flatMap(({ text }) => parseAllDocuments(text))
    .map((document) => document.toJS() as Manifest);
