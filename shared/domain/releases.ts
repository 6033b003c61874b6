/** What Harvester's setting `server-version` says: `v1.6.1`, `v1.9.0-rc6`, `v1.7.0-dirty`, `v1.5-head`. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  /** Absent where the text gives none: `v1.5`, `v1.5-head`. */
  readonly patch?: number;
  /** Of a release candidate: 6 for `v1.9.0-rc6`. */
  readonly candidate?: number;
  /** A build of a branch (`head`), or a text that goes on in no known way after the minor: nobody knows what is in it. */
  readonly unreleased: boolean;
}

/** Reads a version; undefined for what begins with none: `master-head`, an empty setting, one that is not there. */
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

/** Major and minor as one number that compares: 106 for 1.6.x, 110 for 1.10.x, builds of a branch included. */
export function seriesOf(text: string | undefined): number | undefined {
  const version = parseVersion(text);
  return version && version.major * 100 + version.minor;
}

/**
 * Whether a version is this release of Harvester 1 or a later one; one without a patch counts as its `.0`, and a candidate
 * as the release it is for. Undefined where that cannot be told: no version, or another major.
 */
export function isAtLeast(text: string | undefined, minor: number, patch: number): boolean | undefined {
  const version = parseVersion(text);
  if (version?.major !== 1) return undefined;
  return version.minor > minor || (version.minor === minor && (version.patch ?? 0) >= patch);
}
