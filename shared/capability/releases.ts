import { parseVersion } from '../domain/releases.ts';

/**
 * Harvester's rules about snapshots and backups changed with these releases; what is between two keeps to the first.
 * `to` is the last minor release that is known to keep to it.
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
 * Which rules a version keeps to, named by the release that they came with; undefined for one that is not known, as no
 * text, a build of a branch and a release later than the last of {@link releases} are.
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
