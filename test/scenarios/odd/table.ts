import { describe, expect, jest, test } from '@jest/globals';
import type { ApiServerOptions, KubeObject } from '../../../sandbox/api/types.ts';
import { allTroublesOf, onServer } from '../../gen/commands.ts';
import { compareTriage } from '../agreement.ts';
import type { Still } from './static.ts';
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
        expect(await allTroublesOf(JSON.parse(out), onServer(still.api))).toEqual([]);
        expect(await untold(still, JSON.parse(out).findings)).toEqual([]);
        expect(await unpicked(still, JSON.parse(out).findings)).toEqual([]);
        expect(alone ? [] : await accused(still)).toEqual([]);
        const { wrong } = await compareTriage([...well, ...objects()], Date.now(), { lacks, ...options });
        expect(wrong).toEqual([]);
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

/** What a scan says of an object and its own story leaves out. */
async function untold(still: Still, findings: readonly any[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { subject, reason } of findings) {
    const kind = explained[subject.kind];
    if (kind === undefined) continue;
    const at = subject.namespace === undefined ? [] : ['-n', subject.namespace];
    const { code, out, err } = await still.run('explain', `${kind}/${subject.name}`, ...at, '-o', 'json');
    if (err.includes('does not exist')) continue;
    const told: any[] = code === 2 ? [] : JSON.parse(out).findings;
    const isIt = (one: any) => one.reason === reason && one.subject.name === subject.name;
    if (code !== 1 || !told.some(isIt)) missing.push(`${reason} ${kind}/${subject.name}: ${code} ${err}`);
  }
  return missing;
}

const explained: Readonly<Record<string, string>> = {
  VirtualMachineBackup: 'vmbackup',
  VirtualMachineRestore: 'vmrestore',
  VolumeSnapshot: 'vs',
  VolumeSnapshotContent: 'vsc',
  Backup: 'backup',
  BackupTarget: 'backuptarget',
};

/** Of what is well beside it, what its own story says against it. */
async function accused(still: Still): Promise<string[]> {
  const { vmb, vsc, bk } = one('well');
  const wrongly: string[] = [];
  for (const { kind, metadata } of [vmb, vsc, bk]) {
    const { code, out, err } = await still.run(
      ...['explain', `${explained[kind]}/${metadata.name}`, '-n', 'prod', '-o', 'json'],
    );
    const told: any[] = code === 2 ? [{ reason: err, verdict: 'report', subject: metadata }] : JSON.parse(out).findings;
    const own = told.filter(({ verdict, subject }) => verdict !== 'leave' && subject.name.includes('well'));
    wrongly.push(...own.map(({ reason, subject }) => `${reason} ${subject.name}`));
    if (!(kind in picked)) continue;
    const scan = await still.run('scan', `${picked[kind]}/${metadata.name}`, '-n', 'prod', '-o', 'json');
    const said: any[] = JSON.parse(scan.out).findings;
    wrongly.push(...said.filter(({ subject }) => subject.name.includes('well')).map(({ reason }) => `scan: ${reason}`));
  }
  return wrongly;
}

/** What a scan of one object leaves out of what a scan of all says of it; what nobody claims only the whole shows. */
async function unpicked(still: Still, findings: readonly any[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { subject, reason } of findings) {
    const kind = picked[subject.kind];
    if (kind === undefined || reason === 'PreflightFailed' || reason.startsWith('Orphan')) continue;
    const at = subject.namespace === undefined ? [] : ['-n', subject.namespace];
    const { code, out, err } = await still.run('scan', `${kind}/${subject.name}`, ...at, '-o', 'json');
    if (err.includes('does not exist')) continue;
    const told: any[] = code === 2 ? [] : JSON.parse(out).findings;
    if (!told.some((one) => one.reason === reason && one.subject.name === subject.name))
      missing.push(`${reason} ${kind}/${subject.name}: ${code} ${err}`);
  }
  return missing;
}

const { Backup: _backup, BackupTarget: _target, ...picked } = explained;
