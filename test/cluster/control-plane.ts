/** etcd, kube-apiserver and kube-controller-manager: started on free loopback ports, each user with a token of its own. */
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Client } from './client.ts';
import type { Access } from './client.ts';
import type { Program } from './processes.ts';
import { start } from './processes.ts';
import type { BedState } from './state.ts';

/** Everybody who talks to the API server has a name of their own, so that the audit log says who wrote what. */
const users: Readonly<Record<string, string>> = {
  admin: 'system:masters',
  'kube-controller-manager': 'system:masters',
  'snapshot-controller': 'system:masters',
  'csi-snapshotter': 'system:masters',
  'csi-provisioner': 'system:masters',
  longhorn: 'system:masters',
  harvester: 'system:masters',
  'harvester-webhook': 'system:masters',
  'data-plane': 'system:masters',
  kubevirt: 'system:masters',
  knative: 'system:masters',
  'knative-doubles': 'system:masters',
  /** May do nothing until a test binds it to a role. */
  nobody: '',
};

/**
 * Ports that were free a moment ago; held together, so that no two are the same. Below those that systems give to outgoing
 * connections (from 32768 on): programs start seconds later, and one of their own connections would have the port by then.
 */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(names.map(listenSomewhere));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]])) as Record<Name, number>;
}

async function listenSomewhere(): Promise<Server> {
  for (let tries = 1; ; tries++) {
    const server = createServer();
    server.listen(randomInt(10_000, 32_768), '127.0.0.1');
    try {
      await once(server, 'listening');
      return server;
    } catch (error) {
      if (tries === 100) throw error;
    }
  }
}

/**
 * Keys, tokens and the audit policy; made once per bed. `more` are users without rights, of the name given; a name
 * `system:serviceaccount:…` gets the groups of a service account.
 */
export async function prepareIdentities(run: string, more: readonly string[] = []): Promise<Record<string, string>> {
  await mkdir(join(run, 'certs'), { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(join(run, 'service-account.key'), privateKey, { mode: 0o600 });
  await writeFile(join(run, 'service-account.pub'), publicKey);
  const tokens: Record<string, string> = {};
  const all = { ...users, ...Object.fromEntries(more.map((user) => [user, groupsOf(user)])) };
  for (const user of Object.keys(all)) tokens[user] = randomBytes(16).toString('hex');
  const rows = Object.entries(all).map(([user, groups]) => [tokens[user], user, user, `"${groups}"`].join(','));
  await writeFile(join(run, 'tokens.csv'), rows.join('\n') + '\n', { mode: 0o600 });
  // Every write, with its user: how a test learns who deleted what, and whether two controllers write in a loop.
  const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      {
        level: 'None',
        resources: [{ group: 'coordination.k8s.io' }, { group: 'events.k8s.io' }, { group: '', resources: ['events'] }],
      },
      { level: 'Metadata', verbs: writes },
      { level: 'None' },
    ],
  };
  await writeFile(join(run, 'audit-policy.yaml'), stringify(policy));
  return tokens;
}

function groupsOf(user: string): string {
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(user) ?? [];
  return namespace === undefined ? '' : `system:serviceaccounts,system:serviceaccounts:${namespace}`;
}

/** Starts etcd and the API server. `fsync` makes etcd survive its own crash. */
export async function startControlPlane(
  state: BedState,
  bin: (binary: string) => string,
  { fsync = false } = {},
): Promise<void> {
  const { run, ports } = state;
  await startEtcd(state, bin, { fsync });
  await startApiServer(state, bin);
  const ca = await readFile(join(run, 'certs', 'apiserver.crt'), 'utf8');
  const server = `https://127.0.0.1:${ports.api}`;
  for (const [user, token] of Object.entries(state.tokens))
    await writeKubeconfig(kubeconfigOf(run, user), { server, token, ca });
}

export const startEtcd = (state: BedState, bin: (binary: string) => string, { fsync = false } = {}): Promise<void> =>
  start(state.run, etcd(state, bin('etcd'), fsync));

export const startApiServer = (state: BedState, bin: (binary: string) => string): Promise<void> =>
  start(state.run, apiServer(state, bin('kube-apiserver')), 120_000);

/** Started once the definitions are there: the garbage collector looks for new kinds only twice a minute. */
export const startControllerManager = (state: BedState, bin: (binary: string) => string): Promise<void> =>
  start(state.run, controllerManager(state, bin('kube-controller-manager')));

export const kubeconfigOf = (run: string, user: string): string => join(run, 'kubeconfig', `${user}.yaml`);

/** How a user of the bed reaches the API server. */
export async function accessOf(
  state: Pick<BedState, 'run' | 'ports' | 'tokens'>,
  user = 'admin',
): Promise<Access & { ca: string }> {
  const token = state.tokens[user];
  if (token === undefined)
    throw new Error(`the bed has no user "${user}", only ${Object.keys(state.tokens).join(', ')}`);
  return {
    server: `https://127.0.0.1:${state.ports.api}`,
    token,
    ca: await readFile(join(state.run, 'certs', 'apiserver.crt'), 'utf8'),
  };
}

export async function writeKubeconfig(path: string, { server, token, ca }: Access): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bed', cluster: { server, 'certificate-authority-data': Buffer.from(ca ?? '').toString('base64') } },
    ],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user: 'user' } }],
    'current-context': 'bed',
  };
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, stringify(config), { mode: 0o600 });
}

/** Reads back what `writeKubeconfig` wrote. */
export async function readKubeconfig(path: string): Promise<Access> {
  const { clusters, users: entries } = parse(await readFile(path, 'utf8'));
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  return { server, token: entries[0].user.token, ca: Buffer.from(ca, 'base64').toString() };
}

/** Drops what etcd remembers of the past; the API server does so itself every five minutes. */
export async function compactEtcd({ ports }: Pick<BedState, 'ports'>): Promise<void> {
  const ask = async (path: string, body: object): Promise<any> => {
    const answer = await fetch(`http://127.0.0.1:${ports.etcd}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status} to ${path}: ${await answer.text()}`);
    return answer.json();
  };
  const { header } = await ask('maintenance/status', {});
  await ask('kv/compaction', { revision: header.revision, physical: true });
}

function etcd({ run, ports }: BedState, command: string, fsync: boolean): Program {
  const url = `http://127.0.0.1:${ports.etcd}`;
  const peers = `http://127.0.0.1:${ports.etcdPeers}`;
  return {
    name: 'etcd',
    command,
    args: [
      ...['--data-dir', join(run, 'etcd'), '--log-level', 'warn'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
      ...(fsync ? [] : ['--unsafe-no-fsync']),
    ],
    ready: async () => (await fetch(`${url}/health`)).ok,
  };
}

function apiServer({ run, ports, tokens }: BedState, command: string): Program {
  const client = new Client({ server: `https://127.0.0.1:${ports.api}`, token: tokens['admin'] ?? '' });
  return {
    name: 'kube-apiserver',
    command,
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.api}`,
      `--cert-dir=${join(run, 'certs')}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${join(run, 'tokens.csv')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(run, 'service-account.pub')}`,
      `--service-account-signing-key-file=${join(run, 'service-account.key')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--disable-admission-plugins=ServiceAccount', // pods are only records here; they need no token
      '--allow-privileged=true',
      `--audit-policy-file=${join(run, 'audit-policy.yaml')}`,
      `--audit-log-path=${join(run, 'logs', 'audit.log')}`,
    ],
    ready: async () => (await client.raw('GET', '/readyz')).status === 200,
  };
}

/** The controllers the bed needs, by their name and by the name they give their caches in the log. */
const controllers: Readonly<Record<string, string>> = {
  'persistentvolume-binder-controller': 'persistent volume', // writes the annotation the provisioner waits for
  'persistentvolumeclaim-protection-controller': 'PVC protection',
  'persistentvolume-protection-controller': 'PV protection',
  'garbage-collector-controller': 'garbage collector', // snapshots follow their VM backup
  'namespace-controller': 'namespace',
};

function controllerManager({ run }: BedState, command: string): Program {
  return {
    name: 'kube-controller-manager',
    command,
    args: [
      `--kubeconfig=${kubeconfigOf(run, 'kube-controller-manager')}`,
      `--controllers=${Object.keys(controllers).join(',')}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    ready: (log) =>
      Object.values(controllers).every((name) => log.includes(`"Caches are synced" controller="${name}"`)),
  };
}
