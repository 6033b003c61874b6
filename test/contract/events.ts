import { expect, test } from '@jest/globals';
import type { World } from './world.ts';
import { paths } from './world.ts';

const AT = '2025-03-02T01:05:11.000000Z';

/** Kubernetes Events of `events.k8s.io/v1`, in which the product says what it found. */
export function eventFacts(world: () => World): void {
  const base = (): string => paths.events(world().namespace);
  const event = (fields: Record<string, unknown> = {}): any => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: world().name('event'), namespace: world().namespace },
    eventTime: AT,
    reportingController: 'example.com/looks-after',
    reportingInstance: 'example',
    action: 'Verify',
    reason: 'HandleWrong',
    type: 'Warning',
    note: 'a sentence',
    regarding: { kind: 'VolumeSnapshot', namespace: world().namespace, name: 'web' },
    ...fields,
  });
  async function made(): Promise<{ path: string; object: any }> {
    const { code, body } = await world().client.post(base(), event());
    expect(code).toBe(201);
    return { path: `${base()}/${body.metadata.name}`, object: body };
  }

  test('an Event says when, who, what was done, and about what', async () => {
    const { path, object } = await made();
    expect(object).toMatchObject({ reason: 'HandleWrong', note: 'a sentence', eventTime: AT });
    expect((await world().client.get(path)).body.regarding).toMatchObject({ name: 'web' });
  });

  test.each([
    ['eventTime', undefined],
    ['reportingController', undefined],
    ['reportingController', 'not a name'],
    ['reportingInstance', ''],
    ['action', undefined],
    ['reason', undefined],
    ['reason', 'x'.repeat(129)],
    ['type', 'Error'],
    ['note', 'x'.repeat(1025)],
    ['series', { count: 1, lastObservedTime: AT }],
    ['series', { count: 2 }],
  ])('an Event is invalid: %s %#', async (name, value) => {
    const { code, body } = await world().client.post(base(), event({ [name]: value }));
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
  });

  // Of the note, the API server says "characters" and counts bytes, as of the others.
  test.each([
    ['note', 'x'.repeat(1024)],
    ['note', `${'’'.repeat(341)}x`],
    ['reason', 'é'.repeat(64)],
    ['action', 'é'.repeat(64)],
    ['reportingInstance', 'é'.repeat(64)],
    ['reportingController', `example.com/${'x'.repeat(63)}`],
  ])('an Event is valid with as many bytes as its %s may have %#', async (name, value) => {
    expect((await world().client.post(base(), event({ [name]: value }))).code).toBe(201);
  });

  test.each([
    ['note', 'x'.repeat(1025), 'message', 'can have at most 1024 characters'],
    ['note', '’'.repeat(342), 'message', 'can have at most 1024 characters'],
    ['note', '💾'.repeat(257), 'message', 'can have at most 1024 characters'],
    ['reason', 'é'.repeat(65), 'reason', 'can have at most 128 characters'],
    ['action', 'é'.repeat(65), 'action', 'can have at most 128 characters'],
    ['reportingInstance', 'é'.repeat(65), 'reportingInstance', 'can have at most 128 characters'],
  ])('an Event with more bytes than its %s may have is invalid %#', async (name, value, field, rule) => {
    const { code, body } = await world().client.post(base(), event({ [name]: value }));
    expect({ code, causes: body.details.causes }).toEqual({
      code: 422,
      causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: "": ${rule}`, field }],
    });
  });

  test('the controller of an Event is a qualified name, whose last part has at most 63 characters', async () => {
    const reportingController = `example.com/${'x'.repeat(64)}`;
    const { code, body } = await world().client.post(base(), event({ reportingController }));
    expect({ code, causes: body.details.causes }).toMatchObject({
      code: 422,
      causes: [
        {
          message: `Invalid value: "${reportingController}": name part must be no more than 63 characters`,
          field: 'reportingController',
        },
      ],
    });
  });

  test.each([
    ['n'.repeat(253), 201],
    ['n'.repeat(254), 422],
    ['gleaner..web', 422],
    ['gleaner.', 422],
  ])('an Event is called as any object %#', async (name, answer) => {
    const object = { ...event(), metadata: { name, namespace: world().namespace } };
    expect((await world().client.post(base(), object)).code).toBe(answer);
  });

  test.each([
    ['note', 'another sentence', 'message'],
    ['reason', 'HandleRight', 'reason'],
    ['type', 'Normal', 'type'],
    ['action', 'Repair', 'action'],
    ['eventTime', '2025-03-02T01:05:12.000000Z', 'eventTime'],
    ['regarding', { name: 'other' }, 'involvedObject'],
  ])("an Event's %s cannot change", async (name, value, field) => {
    const { path } = await made();
    const { code, body } = await world().client.mergePatch(path, { [name]: value });
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(body.details.causes[0]).toMatchObject({ field, message: expect.stringMatching(/: field is immutable$/) });
  });

  test('its series begins at two and needs a time', async () => {
    const { path } = await made();
    const counted = (series: object) => world().client.jsonPatch(path, [{ op: 'add', path: '/series', value: series }]);
    expect((await counted({ count: 1, lastObservedTime: AT })).code).toBe(422);
    expect((await counted({ count: 2 })).code).toBe(422);
    const { code, body } = await counted({ count: 2, lastObservedTime: AT });
    expect({ code, series: body.series }).toEqual({ code: 200, series: { count: 2, lastObservedTime: AT } });
  });

  test('a series is counted on under tests of uid and version, and not twice', async () => {
    const { path, object } = await made();
    const { uid, resourceVersion } = object.metadata;
    const operations = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/series', value: { count: 2, lastObservedTime: AT } },
    ];
    expect((await world().client.jsonPatch(path, operations)).code).toBe(200);
    expect((await world().client.jsonPatch(path, operations)).code).toBe(422);
  });

  test('an Event may be in another namespace than what it is about', async () => {
    const regarding = { kind: 'VolumeSnapshot', namespace: 'elsewhere', name: 'web' };
    expect((await world().client.post(base(), event({ regarding }))).code).toBe(201);
  });

  test('an Event about what has no namespace is in the namespace default or kube-system', async () => {
    const about = { regarding: { kind: 'StorageClass', name: 'fast' } };
    expect((await world().client.post(base(), event(about))).code).toBe(422);
    for (const namespace of ['default', 'kube-system']) {
      const there = { ...event(about), metadata: { name: world().name('event'), namespace } };
      expect((await world().client.post(paths.events(namespace), there)).code).toBe(201);
    }
  });

  test('fieldSelector selects by what an Event is about', async () => {
    const name = world().name('about');
    const regarding = { kind: 'VolumeSnapshot', namespace: world().namespace, name };
    const { body } = await world().client.post(base(), event({ regarding }));
    await made();
    const query = { fieldSelector: `regarding.name=${name}` };
    const found = (await world().client.get(base(), { query })).body;
    expect(found.items.map((it: any) => it.metadata.name)).toEqual([body.metadata.name]);
  });
}
