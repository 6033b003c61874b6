import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEvent } from '../../../shared/events/incoming.ts';
import { replyTypes, resourceTypes, sweepTypes } from '../../../shared/events/types.ts';

const data = {
  apiVersion: 'snapshot.storage.k8s.io/v1',
  kind: 'VolumeSnapshotContent',
  metadata: { name: 'vsc-1', uid: 'u', resourceVersion: '7', managedFields: [{}] },
  spec: {
    driver: 'driver.longhorn.io',
    deletionPolicy: 'Retain',
    source: { snapshotHandle: 'bs://web/b-1' },
    volumeSnapshotRef: { name: 'vs', namespace: 'prod' },
  },
};

/** As the ApiServerSource sends it for a cluster-scoped object: the namespace is there and empty. */
const event = (changes: object = {}) => ({
  specversion: '1.0',
  id: 'e-1',
  source: 'https://10.43.0.1:443',
  type: 'dev.knative.apiserver.resource.update',
  kind: 'VolumeSnapshotContent',
  apiversion: 'snapshot.storage.k8s.io/v1',
  name: 'vsc-1',
  namespace: '',
  data,
  ...changes,
});

const vmBackup = { kind: 'VirtualMachineBackup', apiversion: 'harvesterhci.io/v1beta1', name: 'b', namespace: 'prod' };

const ownReplies = Object.values(replyTypes).filter((type) => type !== replyTypes.sweptInPart);

describe('readEvent', () => {
  test('a resource event is a change with its object, cut down to what the schema keeps', () => {
    const incoming = readEvent(event());

    expect(incoming).toMatchObject({
      is: 'change',
      change: {
        kind: 'VolumeSnapshotContent',
        name: 'vsc-1',
        namespace: '',
        type: 'update',
        object: { spec: data.spec },
      },
    });
    expect(JSON.stringify(incoming)).not.toContain('managedFields');
  });

  test('a reference event is a change without an object, whatever it carries', () => {
    const incoming = readEvent(event({ ...vmBackup, type: 'dev.knative.apiserver.ref.add', data }));

    expect(incoming).toEqual({
      is: 'change',
      change: { kind: 'VirtualMachineBackup', name: 'b', namespace: 'prod', type: 'add' },
    });
  });

  test.each<[string, object]>([
    ['of another shape', { data: { metadata: { name: 'vsc-1' } } }],
    ['that is text', { data: 'nothing' }],
    ['of another object', { name: 'vsc-2' }],
    ['of another version of the API', { apiversion: 'snapshot.storage.k8s.io/v1beta1' }],
  ])('a payload %s is passed over, the reference stays', (_, changes) => {
    const incoming = readEvent(event(changes));

    expect(incoming.is).toBe('change');
    expect(incoming).not.toHaveProperty('change.object');
  });

  test.each([
    ['dev.knative.sources.ping', { is: 'sweep', tick: true }],
    ['dev.gleaner.sweep', { is: 'sweep' }],
  ])('%s asks for a sweep', (type, expected) => {
    expect(readEvent(event({ type, kind: undefined }))).toEqual(expected);
  });

  const next = { from: 'fix-handle VolumeSnapshotContent//b', after: 'fix-handle VolumeSnapshotContent//k', part: 1 };
  const rest = (data: unknown, source = '/gleaner/functions/fix-handle') =>
    readEvent({ specversion: '1.0', id: '1', type: 'dev.gleaner.swept.part', source, data });

  test('the rest of a sweep says whose it is and where it goes on', () => {
    expect(rest({ function: 'fix-handle', next, written: 3 })).toEqual({ is: 'sweep', of: 'fix-handle', cursor: next });
  });

  test.each<[string, unknown]>([
    ['no data', undefined],
    ['no place', { function: 'fix-handle' }],
    ['a place that is no text', { function: 'fix-handle', next: { ...next, after: 7 } }],
    ['a part that would never come to an end', { function: 'fix-handle', next: { ...next, part: 101 } }],
  ])('the rest of a sweep with %s is malformed', (_, data) => {
    expect(rest(data).is).toBe('malformed');
  });

  test('the rest of a sweep that another function answered is foreign', () => {
    expect(rest({ function: 'fix-handle', next }, '/gleaner/functions/verify-backup').is).toBe('foreign');
  });

  test.each<[string, object]>([
    ['a type nobody knows', { type: 'com.example.x' }],
    ['a type that is a property of every object', { type: 'constructor' }],
    ['a kind nobody knows', { kind: 'Secret', apiversion: 'v1', namespace: 'prod' }],
    ['a known kind of another group', { apiversion: 'example.com/v1' }],
    ...ownReplies.map((type): [string, object] => [`our own reply ${type}`, { type }]),
  ])('%s is not for us', (_, changes) => {
    expect(readEvent(event(changes)).is).toBe('foreign');
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'x'],
    ['an event without an id', event({ id: undefined })],
    ['another version of the specification', event({ specversion: '0.3' })],
    ['an event without a name', event({ name: undefined })],
    ['a name that leads elsewhere', event({ name: '../../secrets' })],
    ['a namespace on a cluster-scoped kind', event({ namespace: 'prod' })],
    ['no namespace on a namespaced kind', event({ ...vmBackup, namespace: '' })],
  ])('%s is malformed, and the answer names fields, not values', (_, given) => {
    const incoming = readEvent(given);

    expect(incoming.is).toBe('malformed');
    expect(JSON.stringify(incoming)).not.toContain('secrets');
  });

  test('anything at all gets an answer', () => {
    const keys = fc.constantFrom(...Object.keys(event()));
    fc.assert(
      fc.property(fc.dictionary(keys, fc.anything()), (changes) => {
        expect(['change', 'sweep', 'foreign', 'malformed']).toContain(readEvent({ ...event(), ...changes }).is);
      }),
    );
  });
});

test('no reply but the rest of a sweep is a type that Gleaner listens to', () => {
  for (const type of ownReplies) {
    expect(Object.values<string>(sweepTypes).includes(type) || type in resourceTypes).toBe(false);
  }
});
