import { parseAllDocuments } from 'yaml';
import { manifestFiles } from '../../shared/manifests/files.ts';
import type { Manifest } from '../../shared/manifests/options.ts';
import { defaults } from '../../shared/manifests/options.ts';
import { allFunctions } from '../functions.ts';

/** Parses the output of `gleaner manifests`, so that the demo is set up like a cluster. */
export const manifests = (): Manifest[] =>
  manifestFiles(allFunctions, defaults)
    .flatMap(({ text }) => parseAllDocuments(text))
    .map((document) => document.toJS() as Manifest);
