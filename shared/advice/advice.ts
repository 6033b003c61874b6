import type { Advice } from './types.ts';
import type { SeenAdvice } from './read.ts';
import { adviseCapability } from './capability.ts';
import { adviseChecks } from './checks.ts';
import { adviseHabits } from './practices.ts';

/** Judges each practice independently. Pure. */
export const advise = (seen: SeenAdvice): Advice[] => [
  ...adviseChecks(seen),
  ...adviseCapability(seen),
  ...adviseHabits(seen),
];
