/** What each suite on real programs starts. From nothing a build takes longer than a test may: it comes first. */
import type { Part } from './parts.ts';
import { everyPart, otherPart, parseChoice, partsFor } from './parts.ts';

const EACH_RELEASE = ['harvester=1.4.2', 'harvester=1.6.0', 'harvester=1.8.0'];

/** Choices as `--with` takes them, by the name of the file (`<name>.bed.ts`). */
const choices: Readonly<Record<string, readonly string[]>> = {
  contract: ['longhorn=none'],
  admission: ['webhooks=real'],
  audit: [''],
  'both-at-once': ['harvester=1.6.0'],
  capability: EACH_RELEASE.map((release) => `${release},webhooks=real`),
  'dead-letters': ['knative=0.47.0'],
  deployed: ['knative=0.47.0', 'longhorn=1.7.2,knative=0.47.0', 'harvester=1.6.0'],
  drill: ['harvester=1.8.0'],
  events: ['knative=0.47.0'],
  'hanging-restore': ['webhooks=real'],
  kills: [''],
  losses: EACH_RELEASE,
  'lost-pair': ['harvester=1.8.0'],
  'many-backups': ['harvester=none'],
  'new-cluster': EACH_RELEASE,
  observed: [...EACH_RELEASE, 'webhooks=real'],
  'older-longhorn': ['longhorn=1.7.2,webhooks=real'],
  probe: ['harvester=none'],
  reconnected: EACH_RELEASE,
  rediscovery: EACH_RELEASE.map((release) => `${release},knative=0.47.0`),
  upgrade: EACH_RELEASE,
  'upgrade-meanwhile': EACH_RELEASE,
};

/** Parts beside those of a choice. */
const more: Readonly<Record<string, readonly Part[]>> = { probe: [otherPart] };

export const suites = Object.keys(choices);

/**
 * All that these suites are made of, in the order in which it is built.
 * @throws Error for a suite that nothing is known of
 */
export function partsOf(names: readonly string[]): Part[] {
  const wanted = names.flatMap((name) => {
    const known = choices[name];
    if (known === undefined) throw new Error(`What "${name}" starts is to be added to test/cluster/suites.ts.`);
    return [...known.flatMap((choice) => partsFor(parseChoice(choice))), ...(more[name] ?? [])];
  });
  const all = new Set(wanted.map(({ name }) => name));
  return everyPart().filter(({ name }) => all.has(name));
}
