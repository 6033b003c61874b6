import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import { ConflictError } from '../../../shared/ports/errors.ts';
import type { Action, PutReportAction, RecordEventAction } from '../../../shared/plan/action.ts';
import { eventOf } from '../../../shared/plan/event-text.ts';
import type { World } from '../../scenarios/world.ts';
import { inWorld } from '../../scenarios/world.ts';

/** The writes that only say something, against the sandbox's API server. */
// Its real uid: a report that names another as its owner is garbage.
const uid = make.uidFor('VirtualMachineBackup', 'nightly', 'prod');
const regarding = { kind: 'VirtualMachineBackup', name: 'nightly', namespace: 'prod', uid } as const;
const record = (seen?: RecordEventAction['seen']): RecordEventAction => ({
  do: 'recordEvent',
  target: { kind: 'Event', name: 'gleaner.u-1.handlewrong', namespace: 'prod' },
  event: {
    type: 'Warning',
    reason: 'HandleWrong',
    action: 'Verify',
    note: 'a sentence',
    regarding,
    related: { kind: 'VolumeSnapshotContent', name: 'nightly-vsc' },
    controller: 'gleaner.dev/verify-backup',
  },
  at: '2025-06-01T00:00:00.000000Z',
  ...(seen && { seen }),
});
const put = (result: 'pass' | 'fail', seen?: PutReportAction['seen']): PutReportAction => ({
  do: 'putReport',
  target: { kind: 'PolicyReport', name: 'gleaner-u-1', namespace: 'prod' },
  about: regarding,
  results: [
    { policy: 'p', rule: 'content', result, message: 'm', timestamp: { seconds: 1, nanos: 0 }, properties: {} },
  ],
  ...(seen && { seen }),
});

async function apply({ client }: World, action: Action): Promise<string> {
  for await (const { result } of createApplier(client.reader, client.writer).apply([action])) return result;
  return 'nothing';
}
const events = ({ sandbox }: World) => sandbox.client.list('events.k8s.io/v1/Event');
const reports = ({ sandbox }: World) => sandbox.client.list('wgpolicyk8s.io/v1alpha2/PolicyReport');
const seenOf = ({ metadata }: { metadata: { uid?: string; resourceVersion?: string } }) => ({
  uid: metadata.uid!,
  resourceVersion: metadata.resourceVersion!,
});

describe('an Event', () => {
  test('is recorded once, whoever else records it', () =>
    inWorld({}, async (world) => {
      expect(await apply(world, record())).toBe('done');
      expect(await apply(world, record())).toBe('unchanged');
      expect(await events(world)).toHaveLength(1);
      expect((await events(world))[0]).toMatchObject({ regarding: { uid }, related: { name: 'nightly-vsc' } });
    }));

  test('is counted in its series, from the version that was seen', () =>
    inWorld({}, async (world) => {
      await apply(world, record());
      const seen = { ...seenOf((await events(world))[0]!), count: 1 };
      await apply(world, record(seen));
      expect((await events(world))[0]!['series']).toEqual({ count: 2, lastObservedTime: record().at });
      await expect(apply(world, record(seen))).rejects.toBeInstanceOf(ConflictError);
    }));

  test.each(['’', '…', '💾', '\ud83d'])('is taken with a long note of %j', (character) =>
    inWorld({}, async (world) => {
      const { target, event, at } = record();
      const said = {
        ...event,
        about: regarding,
        message: character.repeat(2000),
        name: target.name,
        by: 'verify-backup',
      };
      expect(await apply(world, eventOf(said, undefined, Date.parse(at)))).toBe('done');
      expect(await events(world)).toHaveLength(1);
    }),
  );

  test('that has expired in between is recorded anew', () =>
    inWorld({}, async (world) => {
      expect(await apply(world, record({ uid: 'gone', resourceVersion: '1', count: 4 }))).toBe('done');
      expect((await events(world))[0]!['series']).toBeUndefined();
    }));
});

describe('a report', () => {
  test('is written, then brought to new results, each time from the version that was seen', () =>
    inWorld({}, async (world) => {
      world.sandbox.seed([make.vmBackup({ name: 'nightly', entries: [] })]);
      await apply(world, put('fail'));
      const [report] = await reports(world);
      expect(report).toMatchObject({ summary: { fail: 1, pass: 0 }, scope: { name: 'nightly' } });
      await apply(world, put('pass', seenOf(report!)));
      expect((await reports(world))[0]).toMatchObject({ summary: { fail: 0, pass: 1 } });
      await expect(apply(world, put('fail', seenOf(report!)))).rejects.toBeInstanceOf(ConflictError);
      await expect(apply(world, put('fail'))).rejects.toBeInstanceOf(ConflictError);
    }));
});
