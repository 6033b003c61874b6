/**
 * Bundles what runs in a container, so that a cold start reads a few small files: `node build.ts [NAME…]`, also run by npm as
 * `prepare`. `dist/serve.cjs` is the server, `dist/handle.js` the Knative function, `dist/gleaner.js` the command line.
 * Heavy parts are separate chunks, loaded on first use.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { isBuiltin } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, BuildResult, Plugin } from 'esbuild';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const inRoot = (path: string) => `${root}${path}`;
const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { version: string };

/**
 * Only KubeConfig of the Kubernetes client is used. It statically imports all API models, a second HTTP stack, and the
 * libraries of every login method. Models and HTTP stack are replaced by stubs, because Gleaner never calls the methods
 * that use them; the rarer login methods and SOCKS proxies are loaded when a kubeconfig names them.
 */
const leanKubeConfig: Plugin = {
  name: 'lean-kubeconfig',
  setup(builder) {
    const home = inRoot('node_modules/@kubernetes/client-node/dist/');
    const virtual = (name: string) => ({ path: name, namespace: 'lean-kubeconfig' });
    const lazy: Record<string, [className: string, provider: string]> = {
      './oidc_auth.js': ['OpenIDConnectAuth', 'oidc'],
      './gcp_auth.js': ['GoogleCloudPlatformAuth', 'gcp'],
      './azure_auth.js': ['AzureAuth', 'azure'],
    };
    const contents: Record<string, string> = {
      entry: `
        import { KubeConfig as Base } from './config.js';
        import { load } from 'socks-proxy-agent';
        export class KubeConfig extends Base {
          async applyToHTTPSOptions(options) {
            if (this.getCurrentCluster()?.proxyUrl?.startsWith('socks')) await load();
            return super.applyToHTTPSOptions(options);
          }
        }`,
      './gen/index.js': 'export const createConfiguration = undefined, ServerConfiguration = undefined;',
      './middleware.js': 'export const setHeaderMiddleware = undefined;',
      undici: 'export const Agent = undefined, ProxyAgent = undefined;',
      socks: 'export const SocksClient = undefined;',
      'socks-proxy-agent': `
        let real;
        export const load = async () => { real ??= await import('real:socks-proxy-agent'); };
        export const SocksProxyAgent = function (...options) { return new real.SocksProxyAgent(...options); };`,
      ...Object.fromEntries(
        Object.entries(lazy).map(([file, [name, provider]]) => [
          file,
          `export class ${name} {
            isAuthProvider(user) { return user.authProvider?.name === '${provider}'; }
            async applyAuthentication(user, options) {
              this.real ??= import('real:${file}').then((module) => new module.${name}());
              return (await this.real).applyAuthentication(user, options);
            }
          }`,
        ]),
      ),
    };
    builder.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => virtual('entry'));
    builder.onResolve(
      { filter: /^(\.\/\w+_auth\.js|\.\/gen\/index\.js|\.\/middleware\.js|undici|socks|socks-proxy-agent)$/ },
      (given) => {
        const ours = given.importer === `${home}config.js` || given.namespace === 'lean-kubeconfig';
        return ours && Object.hasOwn(contents, given.path) ? virtual(given.path) : undefined;
      },
    );
    builder.onResolve({ filter: /^real:/ }, ({ path }) =>
      builder.resolve(path.slice('real:'.length), { resolveDir: home, kind: 'dynamic-import', importer: 'real' }),
    );
    builder.onLoad({ filter: /./, namespace: 'lean-kubeconfig' }, ({ path }) => ({
      contents: contents[path] ?? '',
      resolveDir: home,
    }));
  },
};

/**
 * Only events and their HTTP form of the CloudEvents package are used. Leaves out its sender (loads TLS), Kafka, MQTT,
 * big integers, and a second implementation of UUIDs (always loads `node:crypto`).
 */
const leanCloudEvents: Plugin = {
  name: 'lean-cloudevents',
  setup(builder) {
    const contents: Record<string, string> = {
      './transport/http': '',
      './transport/emitter': '',
      './kafka': '',
      './mqtt': '',
      uuid: `exports.v4 = () => process.getBuiltinModule('node:crypto').randomUUID();`,
      'json-bigint': 'module.exports = () => JSON;',
    };
    builder.onResolve({ filter: /^(\.\/transport\/(http|emitter)|\.\/(kafka|mqtt)|uuid|json-bigint)$/ }, (given) =>
      given.importer.includes('/node_modules/cloudevents/')
        ? { path: given.path, namespace: 'lean-cloudevents' }
        : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'lean-cloudevents' }, ({ path }) => ({ contents: contents[path] ?? '' }));
  },
};

/**
 * An ES import of a Node module reads every export of it, and so loads what those exports load: fetch and WebSocket for
 * `node:http`, streams and promises for `node:fs`. That is a third of a cold start. Accessed as an object, a module
 * loads only what is used.
 */
const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  setup(builder) {
    builder.onResolve({ filter: /./ }, ({ path, importer }) =>
      isBuiltin(path) && importer !== ''
        ? { path: path.replace('node:', ''), namespace: 'plain-builtins', sideEffects: false }
        : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'plain-builtins' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
  },
};

const outsideKubeConfig = (up: string): Plugin => ({
  name: 'outside-kubeconfig',
  setup(builder) {
    builder.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({
      path: `${up}parts/kubeconfig.js`,
      external: true,
    }));
  },
});

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

/** For CommonJS packages inside an ES module: after bundling they only require Node's own modules. */
const requireBuiltins = 'const require=process.getBuiltinModule;';

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  define: { GLEANER_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

/**
 * One file per start: each further file costs more time than a hundred kilobytes in the same file. Lazily imported
 * modules are included and run on first import. Only the Kubernetes client stays outside.
 */
const bundle = (entry: BuildOptions, format: 'esm' | 'cjs', up = './'): Promise<BuildResult> =>
  build({
    ...common,
    ...entry,
    format,
    ...(format === 'esm' && { banner: { js: requireBuiltins } }),
    plugins: [leanCloudEvents, plainBuiltins, outsideKubeConfig(up)],
  });

const functions = readdirSync(inRoot('functions'), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && !entry.name.startsWith('_') ? [entry.name] : [],
);

/**
 * The server with all functions, and one per function, so that a process with a single function does not load the
 * others.
 */
const bundleServers = () => [
  bundle({ entryPoints: ['functions/serve.ts'], outfile: 'dist/serve/all.cjs' }, 'cjs', '../'),
  ...functions.map((name) => {
    const contents = `
      import { serve } from './shared/runtime/serve.ts';
      import only from './functions/${name}/index.ts';
      void serve([only], () => import('./all.cjs'));`;
    const stdin = { contents, resolveDir: root, loader: 'ts' } as const;
    return bundle({ stdin, outfile: `dist/serve/${name}.cjs`, external: ['./all.cjs'] }, 'cjs', '../');
  }),
];

const bundleKubeConfig = (): Promise<BuildResult> =>
  build({
    ...common,
    format: 'esm',
    banner: { js: requireBuiltins },
    entryPoints: { kubeconfig: '@kubernetes/client-node' },
    outdir: 'dist/parts',
    splitting: true,
    plugins: [leanKubeConfig, plainBuiltins],
  });

/**
 * A container's file system is new at each start, so V8's compiled code must be in the image. The start files read it
 * from `dist/.cache`, which this build fills by running them once. Other versions of Node ignore it. Its paths are
 * relative, so `dist` may be moved.
 */
const startFiles = {
  // CommonJS, because it starts faster: a cold start waits for the loader.
  'serve.cjs': `'use strict';
const { enableCompileCache } = require('node:module');
enableCompileCache({ directory: __dirname + '/.cache', portable: true });
const alone = ${JSON.stringify(functions)}.includes(process.env.FUNCTION);
require('./serve/' + (alone ? process.env.FUNCTION : 'all') + '.cjs');
`,
  'gleaner.js': `import { enableCompileCache } from 'node:module';
enableCompileCache({ directory: import.meta.dirname + '/.cache', portable: true });
await import('./gleaner/main.js');
`,
};

/** Makes the server answer one event that needs no cluster and one that reads from a stub API server, then exit. */
async function warmServer(only: string | undefined): Promise<void> {
  const apiServer = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"kind":"Status","status":"Failure","reason":"NotFound","details":{"name":"none"},"code":404}');
  });
  apiServer.listen(0, '127.0.0.1');
  await once(apiServer, 'listening');
  const { port } = apiServer.address() as AddressInfo;
  const kubeconfig = inRoot('dist/.warm-kubeconfig');
  const cluster = { server: `http://127.0.0.1:${port}` };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  const server = spawn(process.execPath, [inRoot('dist/serve.cjs')], {
    env: { PATH: process.env['PATH'], PORT: '0', KUBECONFIG: kubeconfig, ...(only && { FUNCTION: only }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    const url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}/${only ?? 'fix-handle'}`;
    for (const data of [noBackupContent, undefined]) {
      const headers = { 'content-type': 'application/json', ...contentHeaders };
      await fetch(url, { method: 'POST', headers, body: JSON.stringify(data ?? {}) });
    }
    server.kill('SIGTERM');
    await once(server, 'exit');
  } finally {
    server.kill('SIGKILL');
    apiServer.close();
    apiServer.closeAllConnections();
    rmSync(kubeconfig, { force: true });
  }
}

const contentHeaders = {
  'ce-specversion': '1.0',
  'ce-id': 'warm',
  'ce-source': '/build',
  'ce-type': 'dev.knative.apiserver.resource.update',
  'ce-kind': 'VolumeSnapshotContent',
  'ce-apiversion': 'snapshot.storage.k8s.io/v1',
  'ce-name': 'none',
};
const noBackupContent = {
  metadata: { name: 'none', uid: 'u', resourceVersion: '1' },
  spec: {
    driver: 'none',
    deletionPolicy: 'Retain',
    source: { snapshotHandle: 'none' },
    volumeSnapshotRef: { name: 'none', namespace: 'none' },
  },
};

rmSync(inRoot('dist'), { recursive: true, force: true });
const makers: Record<string, () => Promise<BuildResult>[]> = {
  serve: bundleServers,
  handle: () => [bundle({ entryPoints: ['functions/handle.ts'], outfile: 'dist/handle.js' }, 'esm')],
  gleaner: () => [bundle({ entryPoints: ['cli/main.ts'], outfile: 'dist/gleaner/main.js' }, 'esm', '../')],
};
const names = Object.keys(makers).filter((name) => wanted.length === 0 || wanted.includes(name));
const results = await Promise.all([bundleKubeConfig(), ...names.flatMap((name) => makers[name]!())]);
if (process.argv.includes('--sizes')) {
  for (const { metafile } of results) {
    for (const [file, { bytes }] of Object.entries(metafile?.outputs ?? {})) console.log(`${bytes}\t${file}`);
  }
}
for (const [file, text] of Object.entries(startFiles)) {
  if (names.includes(file.replace(/\..*/, ''))) writeFileSync(inRoot(`dist/${file}`), text);
}
if (names.includes('serve')) for (const name of [undefined, ...functions]) await warmServer(name);
if (names.includes('gleaner')) {
  await once(spawn(process.execPath, [inRoot('dist/gleaner.js'), '--help'], { stdio: 'ignore' }), 'exit');
}
