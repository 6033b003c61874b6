import type { JsonPatchOperation } from '../ports/writer.ts';

/** Parts of JSON patches that several actions are made of. */

export const test = (path: string, value: unknown): JsonPatchOperation => ({ op: 'test', path, value });

/** JSON patch cannot add to a map that is not there. */
export const annotationMap = (present: boolean): JsonPatchOperation[] =>
  present ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }];

export const labelMap = (present: boolean): JsonPatchOperation[] =>
  present ? [] : [{ op: 'add', path: '/metadata/labels', value: {} }];

const segment = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
export const annotationPath = (key: string): string => `/metadata/annotations/${segment(key)}`;
export const labelPath = (key: string): string => `/metadata/labels/${segment(key)}`;
