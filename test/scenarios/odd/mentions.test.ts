/**
 * What cannot be read may say anything about what it mentions: that it is made from this snapshot, that a volume of it uses
 * the same. That stays as it is and is told; what it does not mention is none of its business. Restores that cannot be read
 * count as in progress (the tables of the plans).
 */
import { expect, jest, test } from '@jest/globals';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import { build, one, pair, startStill } from './static.ts';

jest.setTimeout(30_000);

const SNAPSHOT = 'web-volume-web-disk';
const wrong = () => one('web', { handle: 'wrong' });

/** A VMBackup of the same namespace of which only this much can be seen. */
function oddBackup(entry: object): KubeObject {
  const { vmb } = one('odd');
  vmb.status.volumeBackups = [{ ...entry, volumeName: 7 }];
  return vmb;
}

function oddClaim(from: string): KubeObject {
  const claim: any = build.claim('disk-copy');
  claim.spec = { dataSource: { kind: 7, name: from } };
  return claim;
}

const lostPair = () => one('web').all.filter(({ kind }) => !kind.startsWith('VolumeSnapshot'));
const nobodys = () => {
  const { bk, bv, backup } = one('web');
  return [bk, bv, ...Object.values(pair('hand', `bs://web-disk/${backup}`, undefined, { policy: 'Retain' }))];
};

/** The object of the first group that is not to be read, and the others, which nothing but its words could protect. */
const rows: [string, { about: KubeObject; silent: KubeObject }, () => KubeObject[]][] = [
  [
    'a claim, and a wrong handle of the snapshot it is made from',
    { about: oddClaim(SNAPSHOT), silent: oddClaim('other') },
    () => wrong().all,
  ],
  [
    'a VMBackup that uses the name of the replacement',
    { about: oddBackup({ name: `${SNAPSHOT}-snap-revise` }), silent: oddBackup({ name: 'other' }) },
    () => wrong().all,
  ],
  [
    'a VMBackup that uses the lost pair of another too',
    { about: oddBackup({ name: SNAPSHOT }), silent: oddBackup({ name: 'other' }) },
    lostPair,
  ],
  [
    'a VMBackup that uses a pair which seems nobody’s',
    { about: oddBackup({ name: 'hand' }), silent: oddBackup({ name: 'other' }) },
    nobodys,
  ],
];

const writes = (still: Awaited<ReturnType<typeof startStill>>): string[] =>
  still.api
    .requests()
    .filter(({ verb }) => !['get', 'list'].includes(verb))
    .map(({ verb, kind, name }) => `${verb} ${kind} ${name ?? ''}`);

test.each(rows)('%s', async (_name, { about, silent }, objects) => {
  const still = await startStill([...objects(), about]);
  try {
    const { out, code } = await still.run('apply', '--once', '-o', 'json');
    expect(writes(still)).toEqual([]);
    expect(code).toBe(1);
    const findings: any[] = JSON.parse(out).findings;
    const { kind, metadata } = about;
    expect(findings).toContainEqual(
      expect.objectContaining({
        reason: 'ObjectUnreadable',
        subject: expect.objectContaining({ kind, name: metadata.name }),
        command: expect.stringContaining(`${metadata.name} -n ${metadata.namespace} -o yaml`),
      }),
    );
  } finally {
    await still.stop();
  }

  const other = await startStill([...objects(), silent]);
  try {
    await other.run('apply', '--once', '-o', 'json');
    expect(writes(other)).not.toEqual([]);
  } finally {
    await other.stop();
  }
});
