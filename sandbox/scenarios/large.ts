/** Many backups of three volumes each. */
import { recoveredChain } from './chain.ts';
import type { Scenario } from './scenario.ts';

export interface LargeOptions {
  /** Of so many volumes one is wrong; 0: none. Default 3. */
  oneWrongIn?: number;
  volumesPerBackup?: number;
}

export function large(backups: number, { oneWrongIn = 3, volumesPerBackup = 3 }: LargeOptions = {}): Scenario {
  return {
    name: `large-${backups}`,
    describe: `${backups} backups of ${volumesPerBackup} volumes each; ${oneWrongIn === 0 ? 'all is well' : `one handle in ${oneWrongIn} is wrong`}.`,
    harvester: '1.6',
    longhorn: '1.9',
    objects: ({ longhorn }) =>
      Array.from({ length: backups }, (_, backup) => {
        const disks = Array.from({ length: volumesPerBackup }, (_unused, volume) => ({
          claim: `vm-${backup}-disk-${volume}`,
          // Not always the same disk of a VM.
          handle: isOneIn(oneWrongIn, backup * (volumesPerBackup + 1) + volume) ? 'wrong' : 'right',
        }));
        return recoveredChain({ name: `vm-${backup}-nightly`, vm: `vm-${backup}`, disks, longhorn });
      }).flat(),
  };
}

const isOneIn = (many: number, place: number): boolean => many > 0 && place % many === 0;
