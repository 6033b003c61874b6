/**
 * Harvester's rules about snapshots and backups changed with these releases; what is between two keeps to the first.
 * `to` is the last minor release that is known to keep to it.
 */
export const eras = [
  { from: '1.3', to: '1.3' },
  { from: '1.4', to: '1.4' },
  { from: '1.5', to: '1.6' },
  { from: '1.7', to: '1.8' },
  { from: '1.9', to: '1.9' },
] as const;
export type Era = (typeof eras)[number]['from'];

/** Which rules a release keeps to; undefined for one that is not known. */
export function eraOf(version: string | undefined): Era | undefined {
  // `v1.6.1`, `v1.9.0-rc6`, `v1.7.0-dirty`; of `master-head` nobody knows what is in it.
  const [, minor, candidate] = /^v?1\.(\d+)(?:\.\d+)?(?:-rc(\d+))?(?:[-+.].*)?$/.exec(version ?? '') ?? [];
  if (minor === undefined || version?.includes('head') === true) return undefined;
  // The earlier candidates of 1.9 had other rules.
  if (Number(minor) === 9 && candidate !== undefined && Number(candidate) < 6) return undefined;
  return eras.find(({ from, to }) => Number(minor) >= minorOf(from) && Number(minor) <= minorOf(to))?.from;
}

const minorOf = (release: string): number => Number(release.split('.')[1]);

export const describeEra = (era: Era): string => {
  const { from, to } = eras.find((one) => one.from === era) ?? eras[0];
  return from === to ? from : `${from} to ${to}`;
};
