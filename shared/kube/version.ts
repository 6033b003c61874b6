declare const GLEANER_VERSION: string | undefined;

/** Set by the build; `source` when run from the sources. */
export const version: string = typeof GLEANER_VERSION === 'string' ? GLEANER_VERSION : 'source';
