import { describe, expect, test } from '@jest/globals';
import * as make from '../../../sandbox/scenarios/build.ts';
import { decode } from '../../../shared/kube/decode.ts';

const secret = make.secretMarker;
const stored = (name: string, value: unknown, annotations: Record<string, string> = {}) => ({
  ...make.setting(name, {}),
  value,
  default: JSON.stringify({ secretAccessKey: secret }),
  metadata: { name, uid: 'u', resourceVersion: '1', annotations, labels: { note: secret } },
});
const keys = { accessKeyId: secret, secretAccessKey: secret, cert: secret };

describe('a Setting at the door', () => {
  test.each<[string, unknown, unknown]>([
    [
      'S3 with keys',
      { type: 's3', bucketName: 'b', bucketRegion: 'r', ...keys },
      { is: 'target', type: 's3', hasKeys: true },
    ],
    ['S3 with blank keys', { type: 's3', bucketName: 'b', accessKeyId: '' }, { is: 'target', hasKeys: false }],
    [
      'an address with a password',
      { type: 'nfs', endpoint: `nfs://u:${secret}@host:/x` },
      { endpoint: 'nfs://host:/x' },
    ],
    [
      'a password with an @ in it',
      { type: 's3', endpoint: `https://u:p@${secret}@host/x` },
      { endpoint: 'https://host/x' },
    ],
    ['an unknown field', { type: 'nfs', endpoint: 'nfs://h:/x', token: secret }, { is: 'target', type: 'nfs' }],
    ['an unknown type', { type: secret, endpoint: 'x' }, { type: 'other' }],
    ['an interval', { type: 'nfs', endpoint: 'x', refreshIntervalInSeconds: 60 }, { refreshIntervalInSeconds: 60 }],
    [
      'an interval that is none',
      { type: 'nfs', endpoint: 'x', refreshIntervalInSeconds: secret },
      { is: 'unreadable' },
    ],
    ['keys that are no text', { type: 's3', bucketName: 'b', accessKeyId: [secret] }, { is: 'unreadable' }],
    ['an address without a scheme', { type: 'nfs', endpoint: `u:${secret}@host:/x@y` }, { endpoint: 'host:/x@y' }],
    ['nothing set', { type: '', refreshIntervalInSeconds: 0 }, { is: 'none' }],
  ])('is read without its keys: %s', (_name, value, expected) => {
    const opened = decode('Setting', stored('backup-target', JSON.stringify(value)));
    expect(opened).toMatchObject({ object: { target: expected } });
    expect(JSON.stringify(opened)).not.toContain(secret);
  });

  test.each<[string, unknown]>([
    ['cut off', `{"secretAccessKey":"${secret}`],
    ['a list', `["${secret}"]`],
    ['a text', JSON.stringify(secret)],
    ['no text at all', { secretAccessKey: secret }],
  ])('that cannot be read is unreadable, and nothing of it is kept: %s', (_name, value) => {
    const opened = decode('Setting', stored('backup-target', value));
    expect(opened).toMatchObject({ object: { target: { is: 'unreadable' } } });
    expect(JSON.stringify(opened)).not.toContain(secret);
  });

  test('any other Setting, any other annotation and every label stay outside', () => {
    const registry = decode(
      'Setting',
      stored('containerd-registry', JSON.stringify({ password: secret }), { x: secret }),
    );
    expect(JSON.stringify(registry)).not.toContain(secret);
    const annotations = {
      'harvesterhci.io/hash': 'h',
      'gleaner.dev/rediscovery': 'n',
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ value: secret }),
    };
    const target = decode(
      'Setting',
      stored('backup-target', JSON.stringify({ type: 's3', bucketName: 'b' }), annotations),
    );
    expect(target).toMatchObject({
      object: { metadata: { annotations: { 'harvesterhci.io/hash': 'h', 'gleaner.dev/rediscovery': 'n' } } },
    });
    expect(JSON.stringify(target)).not.toContain(secret);
  });
});
