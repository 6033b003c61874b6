import { describe, expect, test } from '@jest/globals';
import type { KindName } from '../../../shared/domain/kinds.ts';
import { kinds } from '../../../shared/domain/kinds.ts';
import { replyTypes, resourceTypes, sweepTypes } from '../../../shared/events/types.ts';
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

  test('a sweep reaches every function that has a part in it', () => {
    const [ping] = ofKind('PingSource');
    expect(ping.spec).toMatchObject({ contentType: 'application/json', data: '{"sweep":true}' }); // an object: Knative takes no other JSON
    expect(ping.spec.schedule.split(' ')).toHaveLength(5);
    for (const type of sweepTypes)
      expect(reached({ type }).sort()).toEqual(
        all
          .filter((fn) => fn.sweeps !== false)
          .map((fn) => fn.name)
          .sort(),
      );
  });

  test('what Gleaner answers with reaches no function, whatever it is about', () => {
    for (const type of Object.values(replyTypes)) {
      expect(reached({ type })).toEqual([]);
      for (const kind of Object.keys(kinds)) expect(reached({ type, kind })).toEqual([]);
    }
  });

  test('events carry no VMBackup: its status holds the VM’s secrets', () => {
    const carrying = apiSources.filter((s) => s.spec.mode !== 'Reference');
    expect(carrying.length).toBeGreaterThan(0);
    expect(carrying.flatMap((s) => s.spec.resources.map((r: any) => r.kind))).not.toContain('VirtualMachineBackup');
    const careless = { name: 'careless', watches: [{ kind: 'VirtualMachineBackup', mode: 'resource' } as const] };
    expect(() => sources([careless], defaults)).toThrow(/by reference/);
  });

  test.each(Object.keys(kinds) as KindName[])('Knative guesses the plural of %s right', (kind) => {
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
