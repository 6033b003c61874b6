import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import * as functions from '../functions/index.ts';
import { defaults } from '../shared/manifests/options.ts';
import { readSettings } from '../shared/runtime/settings.ts';
import { ofKind } from './shared/manifests/parsed.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

const text = z.string();
const envs = z.array(z.strictObject({ name: text.regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/), value: text }));
const quantity = text.regex(/^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/);
const count = z.number().int().min(0);

/** The part of func's own schema that Gleaner uses; like that one it refuses unknown keys on every level. */
const FuncYaml = z.strictObject({
  specVersion: z.literal('0.36.0'),
  name: text.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  runtime: z.literal('typescript'),
  created: z.iso.datetime(),
  invoke: z.enum(['http', 'cloudevent']),
  namespace: text,
  build: z.strictObject({ builder: z.enum(['pack', 's2i']), buildEnvs: envs }),
  run: z.strictObject({ envs }),
  deploy: z.strictObject({
    serviceAccountName: text,
    annotations: z.record(text, text),
    labels: z.array(z.strictObject({ key: text, value: text })),
    healthEndpoints: z.strictObject({ liveness: text, readiness: text }),
    options: z.strictObject({
      scale: z.strictObject({ min: count, max: count }),
      resources: z.strictObject({
        requests: z.strictObject({ cpu: quantity, memory: quantity }),
        limits: z.strictObject({ cpu: quantity, memory: quantity, concurrency: count }),
      }),
    }),
  }),
});

describe('func.yaml', () => {
  const func = FuncYaml.parse(parse(read('func.yaml')));
  const env = Object.fromEntries(func.run.envs.map(({ name, value }) => [name, value]));
  const buildEnv = Object.fromEntries(func.build.buildEnvs.map(({ name, value }) => [name, value]));

  test('starts a function that exists, under its own account', () => {
    const settings = readSettings(env, Object.values(functions));
    expect(settings.function).toBe(func.name);
    expect(func.deploy.serviceAccountName).toBe(func.name);
  });

  test('builds with the Node that package.json asks for, and runs the build', () => {
    const { engines, scripts } = JSON.parse(read('package.json'));
    expect(engines.node).toBe(`>=${buildEnv['BP_NODE_VERSION']}`);
    expect(scripts).toHaveProperty([buildEnv['BP_NODE_RUN_SCRIPTS'] ?? '']);
    expect(scripts).toHaveProperty('start');
  });

  test('says of the Service what the manifests say', () => {
    const service = ofKind('Service').find((s) => s.metadata.name === func.name);
    const [container] = service.spec.template.spec.containers;
    const { concurrency, ...limits } = func.deploy.options.resources.limits;
    expect(container.resources).toEqual({ requests: func.deploy.options.resources.requests, limits });
    expect(concurrency).toBe(service.spec.template.spec.containerConcurrency);
    expect(func.deploy.healthEndpoints).toEqual({
      liveness: container.livenessProbe.httpGet.path,
      readiness: container.readinessProbe.httpGet.path,
    });
    expect(container.env).toEqual(func.run.envs);
    for (const { key, value } of func.deploy.labels) expect(service.metadata.labels[key]).toBe(value);
    expect(service.spec.template.metadata.annotations).toEqual({
      'autoscaling.knative.dev/min-scale': String(func.deploy.options.scale.min),
      'autoscaling.knative.dev/max-scale': String(func.deploy.options.scale.max),
      ...func.deploy.annotations,
    });
    expect(func.namespace).toBe(defaults.namespace);
  });
});

describe('.funcignore', () => {
  test('leaves in what the image is built from', () => {
    const ignored = read('.funcignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const needed = ['functions', 'shared', 'cli', 'sandbox', 'bin', 'build.ts', 'package.json', 'package-lock.json'];
    expect(needed.filter((path) => ignored.includes(path))).toEqual([]);
  });
});
