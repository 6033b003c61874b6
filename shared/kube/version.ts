declare const GLEANER_VERSION: string | undefined;

/** Written in by the build; code that runs from its sources says so. */
export const version: string = typeof GLEANER_VERSION === 'string' ? GLEANER_VERSION : 'source';
