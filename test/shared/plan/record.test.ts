import { describe, expect, test } from '@jest/globals';
import { eventName, eventOf } from '../../../shared/plan/event-text.ts';

const bytes = (text: string): number => Buffer.byteLength(text);

describe('the note of an Event', () => {
  const note = (message: string, command?: string): string =>
    eventOf(
      {
        about: { kind: 'VirtualMachineBackup', name: 'nightly', namespace: 'prod', uid: 'u-1' },
        type: 'Warning',
        reason: 'HandleWrong',
        message,
        command,
        name: 'gleaner.u-1.handlewrong',
        action: 'Verify',
        by: 'verify-backup',
      },
      undefined,
      0,
    ).event.note;

  test.each([
    ['what is short stays', 'it’s short', undefined, 'it’s short'],
    ['with the command that helps', 'it’s short', 'gleaner scan', 'it’s short. Try: gleaner scan'],
    ['1,024 bytes stay', 'x'.repeat(1024), undefined, 'x'.repeat(1024)],
    ['and no more', 'x'.repeat(1025), undefined, 'x'.repeat(1024)],
    ['a command that does not fit is left out', 'x'.repeat(1010), 'gleaner scan', 'x'.repeat(1010)],
    ['nor one that fits in characters only', '’'.repeat(336), 'gleaner scan', '’'.repeat(336)],
    ['of three bytes each', '’'.repeat(1000), undefined, '’'.repeat(341)],
    ['of four bytes each', '💾'.repeat(1000), undefined, '💾'.repeat(256)],
    ['nothing is split', `x${'💾'.repeat(1000)}`, undefined, `x${'💾'.repeat(255)}`],
  ])('%s', (_, message, command, expected) => {
    const said = note(message, command);
    expect(said).toBe(expected);
    expect(bytes(said)).toBeLessThanOrEqual(1024);
  });
});

describe('the name of an Event', () => {
  const uid = '0b6c0f0e-8f0c-4d54-9b1d-2b7d5a7f0c11';

  test.each([
    [['HandleWrong'], `gleaner.${uid}.handlewrong`],
    [['HandleWrong', 'web-disk-0'], `gleaner.${uid}.handlewrong.web-disk-0`],
    [
      ['ConfigClassMissing', 'lvm.driver.harvesterhci.io'],
      `gleaner.${uid}.configclassmissing.lvm-driver-harvesterhci-io`,
    ],
    // Drivers are the keys of a setting that people write.
    [['ConfigClassMissing', ''], `gleaner.${uid}.configclassmissing`],
    [['ConfigClassMissing', '***'], `gleaner.${uid}.configclassmissing`],
  ])('of %j', (parts, name) => expect(eventName(uid, ...parts)).toBe(name));

  test('is as long as names may be, and no longer', () => {
    const most = 253 - `gleaner.${uid}.handlewrong.`.length;
    expect(eventName(uid, 'HandleWrong', 'v'.repeat(most))).toBe(`gleaner.${uid}.handlewrong.${'v'.repeat(most)}`);
    for (const more of ['v'.repeat(most + 1), `${'v'.repeat(150)}.${'-'.repeat(200)}w`]) {
      const name = eventName(uid, 'HandleWrong', more);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(name.length).toBeLessThanOrEqual(253);
      expect(eventName(uid, 'HandleWrong', more)).toBe(name);
    }
  });

  test('tells long names apart that differ at the end only', () => {
    const [a, b] = ['a', 'b'].map((end) => eventName(uid, 'HandleWrong', `${'v'.repeat(253)}${end}`));
    expect(a).not.toBe(b);
  });
});
