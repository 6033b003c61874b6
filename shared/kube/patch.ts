import type { JsonPatchOperation } from '../ports/writer.ts';

/** Building blocks of the JSON patches that actions share. */

export const test = (path: string, value: unknown): JsonPatchOperation => ({ op: 'test', path, value });

/** Creates the annotations map if it is missing: JSON patch cannot add to a missing map. */
export const annotationMap = (present: boolean): JsonPatchOperation[] =>
  present ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }];

/** Creates the labels map if it is missing. */
export const labelMap = (present: boolean): JsonPatchOperation[] =>
  present ? [] : [{ op: 'add', path: '/metadata/labels', value: {} }];

const segment = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
/** JSON pointer to an annotation. */
export const annotationPath = (key: string): string => `/metadata/annotations/${segment(key)}`;
/** JSON pointer to a label. */
export const labelPath = (key: string): string => `/metadata/labels/${segment(key)}`;
