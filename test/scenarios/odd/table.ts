import { describe, expect, jest, test } from '@jest/globals';
import type { ApiServerOptions, KubeObject } from '../../../sandbox/api/types.ts';
import { build, one, startStill } from './static.ts';

// Each test starts a server; on a busy machine the first takes a while.
jest.setTimeout(30_000);

/** What is there, and all that a scan has to say of it: reason, kind and name of the object at fault. */
export type Row = readonly [
  name: string,
  objects: () => KubeObject[],
  says: readonly string[],
  options?: ApiServerOptions & {
    readonly alone?: boolean;
    /** A Setting that is not there, of those that every cluster has. */
    readonly lacks?: string;
  },
];

/**
 * Each row in a cluster of its own, beside a VMBackup that was recovered and one that was taken there. Since the list is
 * the whole of what is said, nothing that is well is accused. `BACKUP` and `VOLUME` are those of `web`.
 */
export function clusters(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    test.each(rows)('%s', async (_name, objects, says, { alone = false, lacks, ...options } = {}) => {
      const well = alone ? [] : [...one('well').all, ...one('fine', { local: true }).all];
      const still = await startStill([...well, ...objects()], options);
      try {
        if (lacks !== undefined) await still.api.client('somebody').delete('harvesterhci.io/v1beta1/Setting', lacks);
        still.api.clearRequests();
        const { code, out } = await still.run('scan', '-o', 'json');
        const { backup, volume } = one('web');
        const said: string[] = JSON.parse(out).findings.map(({ reason, subject }: any) =>
          `${reason} ${subject.kind} ${subject.name}`.replaceAll(backup, 'BACKUP').replaceAll(volume, 'VOLUME'),
        );
        expect([...new Set(said)].sort()).toEqual([...says].sort());
        const unreadable = said.filter((text) => text.startsWith('ObjectUnreadable'));
        expect(unreadable).toEqual([...new Set(unreadable)]);
        expect(code).toBe(says.length > 0 ? 1 : 0);
        const doctor = await still.run('doctor', '-o', 'json');
        expect(doctor.code).toBeLessThan(2);
        for (const secret of build.secretMarkers) expect(out + doctor.out).not.toContain(secret);
        expect(still.api.requests().filter(({ verb }) => !['get', 'list'].includes(verb))).toEqual([]);
      } finally {
        await still.stop();
      }
    });
  });
}
