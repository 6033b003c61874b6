import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../shared/runtime/settings.ts';
import { all, ofKind, parsed } from './parsed.ts';

const containerOf = (service: any) => service.spec.template.spec.containers[0];

describe('the Services', () => {
  const services = ofKind('Service');

  test('are one per function, from one image', () => {
    expect(services.map((s) => s.metadata.name)).toEqual(all.map((fn) => fn.name));
    const image = 'registry.example.org/gleaner@sha256:0000';
    for (const service of ofKind('Service', parsed({ image }))) expect(containerOf(service).image).toBe(image);
  });

  test.each(['apply', 'observe'] as const)('have an environment that the functions accept, in mode %s', (mode) => {
    for (const service of ofKind('Service', parsed({ mode }))) {
      const env = Object.fromEntries(containerOf(service).env.map((e: any) => [e.name, e.value]));
      const settings = readSettings(env, all);
      expect(settings).toMatchObject({ function: service.metadata.name, mode });
      // What Knative lets in at once is what the process works on at once.
      expect(service.spec.template.spec.containerConcurrency).toBe(settings.concurrency);
      // A sweep stops to begin in time to end what it has begun, and does not wait for most of its time.
      expect(settings.sweepMs + 30_000).toBeLessThan(service.spec.template.spec.timeoutSeconds * 1000);
      expect(settings.sweepJitterMs).toBeLessThan(settings.sweepMs / 2);
    }
  });

  test('go to zero and are reached from inside the cluster only', () => {
    for (const { metadata, spec } of services) {
      expect(metadata.labels['networking.knative.dev/visibility']).toBe('cluster-local');
      expect(spec.template.metadata.annotations['autoscaling.knative.dev/min-scale']).toBe('0');
      // Serving refuses autoscaling annotations on the Service itself.
      expect(Object.keys(metadata.annotations ?? {})).toEqual([]);
    }
  });

  test('run without rights on their node', () => {
    for (const service of services) {
      expect(containerOf(service).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(containerOf(service).resources.limits).toHaveProperty('memory');
    }
  });

  test('may take as long as the longest delivery to them, and no less', () => {
    const seconds = (duration: string) => Number(/^PT(\d+)S$/.exec(duration)?.[1]);
    for (const { spec } of ofKind('Trigger')) {
      const service = services.find((s) => s.metadata.name === spec.subscriber.ref.name);
      expect(seconds(spec.delivery.timeout)).toBeLessThanOrEqual(service.spec.template.spec.timeoutSeconds);
    }
  });
});
