import type { JsonPatchOperation } from './ports.ts';

/** Parts of JSON patches that several actions are made of. */

export const test = (path: string, value: unknown): JsonPatchOperation => ({ op: 'test', path, value });

/** JSON patch cannot add to a map that is not there. */
export const annotationMap = (present: boolean): JsonPatchOperation[] =>
  present ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }];

export const annotationPath = (key: string): string =>
  `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
