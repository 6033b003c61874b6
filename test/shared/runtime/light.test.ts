import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const root = new URL('../../../', import.meta.url);
const functions = readdirSync(new URL('functions', root), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/**
 * Most events mean nothing, and each may start a container: what only others need must not be loaded for them. Answers
 * an event about another driver’s content that is not ready in a process of its own, and prints the status and all that was imported.
 */
const program = (name: string, event: object) => `
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      loaded.add(found.url);
      return found;
    },
  });
  const { default: fn } = await import('./functions/${name}/index.ts');
  const { start } = await import('./shared/runtime/start.ts');
  const { fromHttp } = await import('./shared/events/http.ts');
  const { runner } = start([fn], { FUNCTION: fn.name, GLEANER_LOG_LEVEL: 'silent' });
  const { headers, body } = ${JSON.stringify(event)};
  const { statusCode } = await runner.answer(fn.name, () => fromHttp(headers, body));
  console.log(JSON.stringify({ statusCode, loaded: [...loaded] }));`;

const event = {
  headers: {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': 'https://10.43.0.1:443',
    'ce-type': 'dev.knative.apiserver.resource.update',
    'ce-kind': 'VolumeSnapshotContent',
    'ce-apiversion': 'snapshot.storage.k8s.io/v1',
    'ce-name': 'snapcontent-1',
  },
  body: JSON.stringify({
    metadata: { name: 'snapcontent-1', uid: 'u', resourceVersion: '1' },
    spec: {
      driver: 'rook-ceph.rbd.csi.ceph.com',
      deletionPolicy: 'Delete',
      source: { volumeHandle: 'v' },
      volumeSnapshotRef: { name: 's', namespace: 'prod' },
    },
    status: { readyToUse: false },
  }),
};

/** The Kubernetes client and TLS are for events that need the cluster, the CloudEvents package for odd ones. */
const heavy =
  /^node:(https|tls)$|\/node_modules\/(@kubernetes|cloudevents|yaml|commander|fast-json-patch)\/|\/(cli|sandbox)\//;

describe('an event that needs no cluster', () => {
  test.each(functions)('loads neither client nor TLS for %s', async (name) => {
    const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', program(name, event)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(root) });
    const { statusCode, loaded } = JSON.parse(stdout) as { statusCode: number; loaded: string[] };
    // 204: nothing is to be done; else functions/<name>/route.ts asks the cluster about an event that shows it by itself.
    expect([name, statusCode]).toEqual([name, 204]);
    expect(loaded.length).toBeGreaterThan(20);
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });
});
