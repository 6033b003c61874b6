import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backupHandle, formatHandle, parseHandle } from '../../../shared/domain/handle.ts';

const unreadable = { kind: 'unreadable' };

describe('parseHandle', () => {
  test.each([
    ['bak://pvc-1/backup-1', { kind: 'backup', scheme: 'bak', volume: 'pvc-1', backup: 'backup-1' }],
    // The deprecated spelling is kept: alone it is no fault.
    ['bs://pvc-1/backup-1', { kind: 'backup', scheme: 'bs', volume: 'pvc-1', backup: 'backup-1' }],
    ['snap://pvc-1/snapshot-1', { kind: 'snapshot', volume: 'pvc-1', snapshot: 'snapshot-1' }],
    ['bi://backing?backingImage=x&volume-name=v', { kind: 'backing-image' }],
    ['bi://', { kind: 'backing-image' }],
    ['', unreadable],
    ['bak', unreadable],
    ['bak://', unreadable],
    ['bak://pvc-1', unreadable],
    ['bak:///backup-1', unreadable],
    // A content of an empty backup never goes: Longhorn answers NotFound.
    ['bak://pvc-1/', unreadable],
    // Longhorn ignores further parts; what is not fully understood is left alone.
    ['bak://pvc-1/backup-1/more', unreadable],
    ['BAK://pvc-1/backup-1', unreadable],
    ['nfs://pvc-1/backup-1', unreadable],
    [' bak://pvc-1/backup-1', unreadable],
    ['bak://pvc-1/backup-1\n', unreadable],
    ['bak://pvc 1/backup-1', unreadable],
  ])('%j', (text, handle) => {
    expect(parseHandle(text)).toEqual('scheme' in handle || 'snapshot' in handle ? handle : { ...handle, text });
  });

  test('formatHandle gives back every text that it read, whatever it was', () => {
    const part = fc.oneof(fc.stringMatching(/^[a-z0-9-]{1,12}$/), fc.string({ maxLength: 3 }));
    const scheme = fc.constantFrom('bak', 'bs', 'snap', 'bi', 'BAK', 'nfs', '');
    const near = fc
      .tuple(scheme, fc.constantFrom('://', ':/', ''), fc.array(part, { maxLength: 4 }))
      .map(([first, then, parts]) => `${first}${then}${parts.join('/')}`);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        expect(formatHandle(parseHandle(text))).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('backupHandle puts the volume first and is never of the old spelling', () => {
  expect(backupHandle('pvc-1', 'backup-1')).toBe('bak://pvc-1/backup-1');
  const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(name, name, (volume, backup) => {
      expect(parseHandle(backupHandle(volume, backup))).toEqual({ kind: 'backup', scheme: 'bak', volume, backup });
    }),
  );
});
