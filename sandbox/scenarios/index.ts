import type { Scenario } from './scenario.ts';

export type { Scenario, Versions } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  {
    name: 'empty',
    describe: 'A cluster without any backup.',
    harvester: '1.6',
    longhorn: '1.9',
    objects: () => [],
  },
];

export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found)
    throw new Error(`no scenario "${name}"; there are: ${scenarios.map(({ name: known }) => known).join(', ')}`);
  return found;
}
