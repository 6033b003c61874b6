import { describe, expect, test } from '@jest/globals';
import verifyBackup from '../../../functions/verify-backup/index.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Finding } from '../../../shared/plan/plan.ts';
import type { Reason } from '../../../shared/plan/reason.ts';
import { expose } from '../../../shared/runtime/exposition.ts';
import { createMetrics } from '../../../shared/runtime/metrics.ts';
import { parseExposition } from './exposition.ts';

const web = ref('VirtualMachineBackup', 'web', 'prod');
const finding = (reason: Reason): Finding => ({ subject: web, reason, message: 'm', actions: [] });
const look = (...reasons: Reason[]) => ({ subject: web, plan: { findings: reasons.map(finding) }, applied: [] });

const verified = 'gleaner_vmbackup_last_verified_timestamp_seconds';
const restorable = 'gleaner_vmbackup_restorable';
const labels = 'vmbackup_namespace="prod",vmbackup="web"';

function setUp() {
  const metrics = createMetrics();
  const of = (name: string) => Object.fromEntries(parseExposition(metrics.text()).get(name)?.samples ?? []);
  return { metrics, of };
}

describe('metrics', () => {
  test('a process that has seen nothing says nothing', () => {
    expect(createMetrics().text()).toBe('');
  });

  test('a VMBackup whose links are all right is verified, at that time', () => {
    const { metrics, of } = setUp();
    metrics.saw(verifyBackup, look('BackupVerified', 'BackupVerified'), 5_000);
    expect([of(verified), of(restorable)]).toEqual([{ [labels]: 5 }, { [labels]: 1 }]);
  });

  test('one that breaks keeps the time at which it was last right', () => {
    const { metrics, of } = setUp();
    metrics.saw(verifyBackup, look('BackupVerified'), 5_000);
    metrics.saw(verifyBackup, look('BackupVerified', 'HandleWrong'), 9_000);
    expect([of(verified), of(restorable)]).toEqual([{ [labels]: 5 }, { [labels]: 0 }]);
  });

  test('what could not be found out is no verification', () => {
    const { metrics, of } = setUp();
    metrics.saw(verifyBackup, look('NotVerifiable'), 5_000);
    expect([of(verified), of(restorable)]).toEqual([{}, { [labels]: 0 }]);
  });

  test.each<Reason>(['VMBackupGone', 'VMBackupDeleting', 'SnapshotTypeBackup', 'VMBackupInProgress'])(
    '%s has no series',
    (reason) => {
      const { metrics, of } = setUp();
      metrics.saw(verifyBackup, look('BackupVerified'), 5_000);
      metrics.saw(verifyBackup, look(reason), 9_000);
      expect([of(verified), of(restorable)]).toEqual([{}, {}]);
    },
  );

  test('what a whole sweep did not come across is gone', () => {
    const { metrics, of } = setUp();
    metrics.saw(verifyBackup, look('BackupVerified'), 5_000);
    metrics.swept(verifyBackup, 5_000, 6_000);
    expect(of(restorable)).toEqual({ [labels]: 1 });
    metrics.swept(verifyBackup, 8_000, 9_000);
    expect(of(restorable)).toEqual({});
    expect(of('gleaner_sweep_last_success_timestamp_seconds')).toEqual({ 'function="verify-backup"': 9 });
  });

  test('another function’s findings about a VMBackup verify nothing', () => {
    const { metrics, of } = setUp();
    const { restorability: _none, ...relinking } = { ...verifyBackup, name: 'relink-vmbackup' };
    metrics.saw(relinking, look('VolumeLinked'), 5_000);
    expect(of(restorable)).toEqual({});
    expect(of('gleaner_findings_total')).toEqual({
      'function="relink-vmbackup",reason="VolumeLinked",verdict="leave"': 1,
    });
  });

  test('counters count', () => {
    const { metrics, of } = setUp();
    metrics.answered('fix-handle', 'change', 204, 20);
    metrics.answered('fix-handle', 'change', 204, 30);
    metrics.answered('fix-handle', 'sweep', 503, 1000);
    expect(of('gleaner_events_total')).toEqual({
      'function="fix-handle",event="change",status="204"': 2,
      'function="fix-handle",event="sweep",status="503"': 1,
    });
    expect(of('gleaner_event_seconds_total')['function="fix-handle",event="change"']).toBeCloseTo(0.05);
  });

  test('one look says what is so, and counts nothing', () => {
    const { metrics } = setUp();
    metrics.saw(verifyBackup, look('BackupVerified'), 5_000);
    expect([...parseExposition(metrics.text('state')).keys()]).toEqual([verified, restorable]);
  });

  test('any text at all makes one line of the format', () => {
    const odd = 'a\\b"c\nd{},=';
    const text = expose([{ name: 'x', help: 'h', type: 'gauge', samples: [{ labels: { l: odd }, value: 1 }] }]);
    expect([...parseExposition(text).get('x')!.samples.keys()]).toEqual(['l="a\\\\b\\"c\\nd{},="']);
  });
});
