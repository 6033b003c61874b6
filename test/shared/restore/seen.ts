import type { KubeObject } from '../../../sandbox/api/types.ts';
import type { Check } from '../../../shared/restore/check.ts';
import type { RestoreRequest, SeenPreflight } from '../../../shared/restore/seen-preflight.ts';
import { readPreflight } from '../../../shared/restore/read.ts';
import { elsewhere, sound } from '../../functions/preflight-restore/world.ts';
import { readerOf } from '../../gen/reader.ts';

/** What a preflight sees of a world; where it may not read something, as `hidden` says. */
export const seen = async (
  world: readonly KubeObject[] = sound,
  request: Partial<RestoreRequest> = {},
  hidden: Partial<SeenPreflight> = {},
): Promise<SeenPreflight> => ({
  ...(await readPreflight(readerOf(world), { ...elsewhere, ...request })),
  ...hidden,
});

export const forbidden = { unknown: 'no right to it' };

/** Checks as `result name`, without those that pass. */
export const bad = (checks: readonly Check[]): string[] =>
  checks.filter(({ result }) => result !== 'pass').map(({ result, name }) => `${result} ${name}`);
