import { describe, expect, test } from '@jest/globals';
import { kinds } from '../../../shared/domain/kinds.ts';
import { replySource, replyTypes, resourceTypes, sweepTypes } from '../../../shared/events/types.ts';
import { staggered } from '../../../shared/manifests/clocks.ts';
import { guessedPlural, sources } from '../../../shared/manifests/sources.ts';
import { defaults } from '../../../shared/manifests/options.ts';
import { all, matches, ofKind } from './parsed.ts';

const triggers = ofKind('Trigger');
const apiSources = ofKind('ApiServerSource');
const serviceNames = ofKind('Service').map((service) => service.metadata.name);
/** Functions that the broker hands an event with these attributes to. */
const reached = (attributes: Record<string, string>): string[] =>
  triggers.filter((t) => matches(t.spec.filters, attributes)).map((t) => t.spec.subscriber.ref.name);

const watches = all.flatMap((fn) => fn.watches.map((watch) => ({ fn: fn.name, ...watch })));

describe('events', () => {
  test.each(watches)('$fn hears of every change of $kind ($mode)', ({ fn, kind, mode }) => {
    const sending = apiSources.filter((s) => s.spec.mode === (mode === 'resource' ? 'Resource' : 'Reference'));
    expect(sending.flatMap((s) => s.spec.resources)).toContainEqual({ apiVersion: kinds[kind].apiVersion, kind });
    const types = Object.keys(resourceTypes).filter(
      (type) => resourceTypes[type]?.withObject === (mode === 'resource'),
    );
    expect(types).toHaveLength(3);
    for (const type of types) expect(reached({ type, kind })).toContain(fn);
  });

  test('no function hears of a kind it does not watch', () => {
    for (const type of Object.keys(resourceTypes)) {
      for (const kind of [...Object.keys(kinds), 'Secret', 'Pod']) {
        const watching = watches.filter((w) => w.kind === kind).map((w) => w.fn);
        for (const fn of reached({ type, kind })) expect(watching).toContain(fn);
      }
    }
  });

  test('an event reaches a function once, not by two triggers', () => {
    for (const { kind } of watches) {
      for (const type of Object.keys(resourceTypes)) {
        const names = reached({ type, kind });
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });

  const sweeping = all.map((fn) => fn.name);

  test('a sweep that somebody asks for reaches every function', () => {
    expect(reached({ type: sweepTypes.asked }).sort()).toEqual([...sweeping].sort());
  });

  test('each function has a clock of its own, and no two ring in the same minute while there are minutes enough', () => {
    const clocks = ofKind('PingSource');
    const minutes = clocks.map(({ metadata, spec }) => {
      expect(spec).toMatchObject({ contentType: 'application/json', data: '{"sweep":true}' }); // an object: Knative takes no other JSON
      const source = `/apis/v1/namespaces/${metadata.namespace}/pingsources/${metadata.name}`;
      const [fn, ...more] = reached({ type: sweepTypes.tick, source });
      expect(more).toEqual([]);
      expect(spec.schedule.split(' ')).toHaveLength(5);
      return [fn, Number(/^(\d+)-59\/10 /.exec(spec.schedule)?.[1] ?? 0)] as const;
    });
    expect(minutes.map(([fn]) => fn).sort()).toEqual([...sweeping].sort());
    expect(new Set(minutes.map(([, minute]) => minute)).size).toBe(Math.min(sweeping.length, 10));
    for (const [, minute] of minutes) expect(minute).toBeLessThan(10);
  });

  test.each([
    ['*/10 * * * *', ['*/10 * * * *', '3-59/10 * * * *', '6-59/10 * * * *']],
    ['*/2 * * * *', ['*/2 * * * *', '*/2 * * * *', '1-59/2 * * * *']],
    ['0 3 * * *', ['0 3 * * *', '0 3 * * *', '0 3 * * *']],
    ['@hourly', ['@hourly', '@hourly', '@hourly']],
  ])('%s is staggered to %j', (schedule, expected) => {
    expect([0, 1, 2].map((place) => staggered(schedule, place, 3))).toEqual(expected);
  });

  test('what Gleaner answers with reaches no function, whatever it is about', () => {
    for (const type of Object.values(replyTypes)) {
      expect(reached({ type })).toEqual([]);
      for (const kind of Object.keys(kinds)) expect(reached({ type, kind })).toEqual([]);
    }
  });

  test('but for the rest of its own sweep, which reaches the one function that answered so', () => {
    for (const { name } of all) {
      const source = replySource(name);
      for (const type of Object.values(replyTypes)) {
        const expected = type === replyTypes.sweptInPart && sweeping.includes(name) ? [name] : [];
        expect([type, reached({ type, source })]).toEqual([type, expected]);
      }
    }
  });

  test('events carry no VMBackup: its status holds the VM’s secrets', () => {
    const carrying = apiSources.filter((s) => s.spec.mode !== 'Reference');
    expect(carrying.length).toBeGreaterThan(0);
    expect(carrying.flatMap((s) => s.spec.resources.map((r: any) => r.kind))).not.toContain('VirtualMachineBackup');
    const careless = { name: 'careless', watches: [{ kind: 'VirtualMachineBackup', mode: 'resource' } as const] };
    expect(() => sources([careless], defaults)).toThrow(/by reference/);
  });

  // Of others Gleaner only reads, by the plural that stands there.
  test.each([...new Set(watches.map(({ kind }) => kind))])('Knative guesses the plural of %s right', (kind) => {
    expect(guessedPlural(kind)).toBe(kinds[kind].plural);
  });

  test('the guess follows Knative’s rules', () => {
    expect(['Ingress', 'NetworkPolicy', 'Endpoints', 'Pod'].map(guessedPlural)).toEqual([
      'ingresses',
      'networkpolicies',
      'endpoints',
      'pods',
    ]);
  });

  test('sources watch all namespaces and end in the broker that the triggers listen to', () => {
    const [broker] = ofKind('Broker');
    const sink = { ref: { apiVersion: broker.apiVersion, kind: 'Broker', name: broker.metadata.name } };
    for (const source of [...apiSources, ...ofKind('PingSource')]) expect(source.spec.sink).toEqual(sink);
    for (const source of apiSources) expect(source.spec.namespaceSelector).toEqual({});
    for (const trigger of triggers) {
      expect(trigger.spec.broker).toBe(broker.metadata.name);
      expect(serviceNames).toContain(trigger.spec.subscriber.ref.name);
    }
  });

  test('retries are few, spaced and bounded, since a source waits for them', () => {
    for (const { spec } of triggers) {
      const { retry, backoffPolicy, backoffDelay, timeout } = spec.delivery;
      expect(retry).toBeLessThanOrEqual(5);
      expect(timeout).toMatch(/^PT\d+S$/);
      if (retry > 0) expect([backoffPolicy, backoffDelay]).toEqual(['exponential', expect.stringMatching(/^PT\d+S$/)]);
    }
  });
});
