import { parseVersion } from '../domain/releases.ts';

/**
 * Releases that changed Harvester's rules about snapshots and backups. Each rule set holds up to the next entry. `to`:
 * the last minor release that is known to follow it.
 */
export const releases = [
  { from: '1.3', to: '1.3' },
  { from: '1.4', to: '1.4' },
  { from: '1.5', to: '1.6' },
  { from: '1.7', to: '1.8' },
  { from: '1.9', to: '1.9' },
] as const;
export type HarvesterRelease = (typeof releases)[number]['from'];

/**
 * The rule set of a version, named after its first release. Undefined for an unknown version: no text, a branch build,
 * or a release later than the last of {@link releases}.
 */
export function releaseOf(text: string | undefined): HarvesterRelease | undefined {
  const version = parseVersion(text);
  if (version?.major !== 1 || version.unreleased) return undefined;
  const { minor, candidate } = version;
  // The earlier candidates of 1.9 had other rules.
  if (minor === 9 && candidate !== undefined && candidate < 6) return undefined;
  return releases.find(({ from, to }) => minor >= minorOf(from) && minor <= minorOf(to))?.from;
}

const minorOf = (release: string): number => Number(release.split('.')[1]);

export const describeRelease = (release: HarvesterRelease): string => {
  const { from, to } = releases.find((one) => one.from === release) ?? releases[0];
  return from === to ? from : `${from} to ${to}`;
};
