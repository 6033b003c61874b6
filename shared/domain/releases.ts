/** A version as in Harvester's setting `server-version`: `v1.6.1`, `v1.9.0-rc6`, `v1.7.0-dirty`, `v1.5-head`. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  /** Absent if the text has none: `v1.5`, `v1.5-head`. */
  readonly patch?: number;
  /** Number of the release candidate: 6 for `v1.9.0-rc6`. */
  readonly candidate?: number;
  /** A branch build (`head`), or an unknown suffix after the minor version. Its contents are unknown. */
  readonly unreleased: boolean;
}

/** Parses a version; `undefined` for any other text (`master-head`), an empty one or none. */
export function parseVersion(text: string | undefined): Version | undefined {
  const [, major, minor, patch, rest = ''] = /^v?(\d+)\.(\d+)(?:\.(\d+))?(.*)$/s.exec(text ?? '') ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [, candidate] = /^-rc(\d+)(?:[-+.].*)?$/.exec(rest) ?? [];
  return {
    major: Number(major),
    minor: Number(minor),
    ...(patch !== undefined && { patch: Number(patch) }),
    ...(candidate !== undefined && { candidate: Number(candidate) }),
    unreleased: rest.includes('head') || (patch === undefined && !/^([-+.].*)?$/.test(rest)),
  };
}

/** Major and minor as one comparable number: 106 for 1.6.x, 110 for 1.10.x, branch builds included. */
export function seriesOf(text: string | undefined): number | undefined {
  const version = parseVersion(text);
  return version && version.major * 100 + version.minor;
}

/**
 * Whether a version is this release of Harvester 1 or a later one. A missing patch counts as 0, a candidate as its
 * release. `undefined` without a version, and for another major version.
 */
export function isAtLeast(text: string | undefined, minor: number, patch: number): boolean | undefined {
  const version = parseVersion(text);
  if (version?.major !== 1) return undefined;
  return version.minor > minor || (version.minor === minor && (version.patch ?? 0) >= patch);
}
