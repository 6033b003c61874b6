import { parseAllDocuments } from 'yaml';
import * as functions from '../../../functions/index.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { manifestFiles } from '../../../shared/manifests/files.ts';
import type { Manifest, ManifestOptions } from '../../../shared/manifests/options.ts';
import { defaults } from '../../../shared/manifests/options.ts';

export const all: readonly AnyFunction[] = Object.values(functions);

/** What a cluster would read from the text, object by object. */
export const parsed = (options: Partial<ManifestOptions> = {}, of = all): Manifest[] =>
  manifestFiles(of, { ...defaults, ...options }).flatMap(({ text }) =>
    parseAllDocuments(text).map((document): Manifest => document.toJS()),
  );

/** Objects of one kind, as JSON of any shape. */
export const ofKind = (kind: string, from = parsed()): any[] => from.filter((manifest) => manifest.kind === kind);

/** Knative's rule for the dialects that Gleaner uses: all elements must pass; `any` and `exact` within them. */
export const matches = (filters: any[], attributes: Record<string, string>): boolean =>
  filters.every((filter) => {
    if (filter.any) return filter.any.some((one: any) => matches([one], attributes));
    if (filter.exact) return Object.entries(filter.exact).every(([key, value]) => attributes[key] === value);
    throw new Error(`a dialect this test does not know: ${Object.keys(filter).join(', ')}`);
  });
