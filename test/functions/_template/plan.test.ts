import { describe, expect, test } from '@jest/globals';
import doSomething from '../../../functions/_template/index.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Plan } from '../../../shared/plan/plan.ts';
import { readerOf } from '../../gen/reader.ts';
import { driver, waiting } from './world.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const subject = ref('VolumeSnapshotContent', waiting().metadata.name);

async function planFor(objects: readonly KubeObject[], given: Record<string, string> = {}): Promise<Plan> {
  const config = doSomething.config.parse(given);
  return doSomething.plan(await doSomething.observe(readerOf(objects), subject, nowMs, config), config, nowMs);
}
const changed = (change: make.Modifier): KubeObject => {
  const content = waiting();
  change(content);
  return content;
};

describe('nothing happens', () => {
  test.each<[when: string, reason: string, objects: readonly KubeObject[]]>([
    ['it is gone', 'ContentGone', []],
    ['it is in deletion', 'ContentDeleting', [changed((c) => (c.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'))]],
    ['it is Longhorn’s', 'LinkSound', [changed((c) => (c['spec'].driver = 'driver.longhorn.io'))]],
    ['it is ready', 'LinkSound', [changed((c) => (c['status'] = { readyToUse: true }))]],
    ['it names no class', 'LinkSound', [changed((c) => delete c['spec'].volumeSnapshotClassName)]],
    ['its class exists', 'LinkSound', [waiting('lvm'), make.snapshotClass('lvm', driver)]],
  ])('when %s: %s', async (_when, reason, objects) => {
    const { findings, records } = await planFor(objects);
    expect(findings).toMatchObject([{ subject, reason, actions: [] }]);
    expect(records ?? []).toEqual([]);
  });
});

describe('a content whose class does not exist', () => {
  test('is reported, and recorded in an Event', async () => {
    const { findings, records } = await planFor([waiting()]);
    expect(findings).toMatchObject([{ subject, reason: 'SnapshotClassMissing', actions: [] }]);
    expect(findings[0]!.message).toContain('there is no VolumeSnapshotClass removed');
    expect(records).toMatchObject([{ do: 'recordEvent', event: { type: 'Warning', reason: 'SnapshotClassMissing' } }]);
  });

  test('is only reported where the policy says so', async () => {
    const { findings, records } = await planFor([waiting()], { event: 'off' });
    expect(findings).toMatchObject([{ reason: 'SnapshotClassMissing' }]);
    expect(records).toEqual([]);
  });
});
