import { expect, test } from '@jest/globals';
import * as make from '../../sandbox/scenarios/build.ts';
import { reasons } from '../../shared/plan/reason.ts';
import { findingsOf } from '../../shared/runtime/settle.ts';
import { sweep } from '../../shared/runtime/sweep.ts';
import { everyFunction, everyScenario, inWorld, sweepAll } from './world.ts';

test.each(everyScenario)('%s: what is well is the same, told or only counted', async (scenario) => {
  await inWorld({ scenario, tickMs: 60_000 }, async ({ client: { reader } }) => {
    const nowMs = Date.now();
    const look = async (onHealthy?: (reason: string, count: number) => void) => {
      const told: string[] = [];
      const options = {
        functions: everyFunction,
        reader,
        configOf: (fn: any) => fn.config.parse({}),
        nowMs: () => nowMs,
      };
      for await (const swept of sweep({ ...options, ...(onHealthy && { onHealthy }) })) {
        told.push(...findingsOf(swept).map(({ reason }) => reason));
      }
      return told;
    };
    const counted: string[] = [];
    const rest = await look((reason, count) => {
      expect([reason, reasons[reason as keyof typeof reasons].verdict]).toEqual([reason, 'leave']);
      for (let one = 0; one < count; one++) counted.push(reason);
    });
    expect([...rest, ...counted].sort()).toEqual((await look()).sort());
  });
});

test('a VMBackup whose pair is right for another backup is not taken for healthy', async () => {
  const claims = ['root', 'data'];
  const entries = claims.map((claim, i) => make.volumeEntry({ vmBackup: 'nightly', volumeName: `disk-${i}`, claim }));
  const owned = make.ownedBy(make.vmBackup({ name: 'nightly', entries }));
  const [backups, volumes] = [claims.map((c) => make.backupOf(c, 'nightly')), claims.map((c) => make.volumeOf(c))];
  const crossed = [1, 0];
  const scenario = {
    name: 'crossed',
    describe: 'Each volume’s content names the other’s backup.',
    harvester: '1.6',
    longhorn: '1.9',
    objects: () => [
      make.vmBackup({ name: 'nightly', entries }),
      ...claims.flatMap((claim, i) => [
        make.backup({ volume: volumes[i]!, backup: backups[i]!, version: '1.9' }),
        make.backupVolume(volumes[i]!, '1.9'),
        make.snapshot({ name: `nightly-volume-${claim}` }, owned),
        make.content(
          { snapshot: `nightly-volume-${claim}`, handle: `bak://${volumes[crossed[i]!]}/${backups[crossed[i]!]}` },
          owned,
        ),
      ]),
    ],
  } as const;
  await inWorld({ scenario }, async (world) => {
    const { findings, writes } = await sweepAll(world);
    expect(writes).toBe(0);
    expect(findings.filter((f) => f.reason === 'BackupMismatch').map((f) => f.volume)).toEqual(['disk-0', 'disk-1']);
  });
});
