/**
 * KubeVirt's subresource API, as far as a backup and a restore use it: start, stop, restart, freeze, unfreeze.
 * It is a real aggregated API server: the kube-apiserver forwards `subresources.kubevirt.io` here. Starting a VM makes
 * a running VirtualMachineInstance, stopping removes it.
 *
 * Not doubled: run strategies acting by themselves, migration, guest agents, checks of permissions (whoever gets
 * through the API server may start a VM), and no disk is ever opened.
 *
 * Usage: node kubevirt.ts KUBECONFIG PORT
 */
import { createServer } from 'node:https';
import { generate } from 'selfsigned';
import type { KubeObject } from '../client.ts';
import { Client, refOf } from '../client.ts';
import { readKubeconfig } from '../control-plane.ts';

const GROUP = 'subresources.kubevirt.io';
const API = 'kubevirt.io/v1';
const [kubeconfig = '', port = ''] = process.argv.slice(2);
const client = new Client(await readKubeconfig(kubeconfig));

const resources = [
  'virtualmachines/start',
  'virtualmachines/stop',
  'virtualmachines/restart',
  'virtualmachineinstances/freeze',
  'virtualmachineinstances/unfreeze',
];
const discovery: Record<string, unknown> = {
  [`/apis/${GROUP}`]: {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: GROUP,
    versions: [{ groupVersion: `${GROUP}/v1`, version: 'v1' }],
    preferredVersion: { groupVersion: `${GROUP}/v1`, version: 'v1' },
  },
  [`/apis/${GROUP}/v1`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${GROUP}/v1`,
    resources: resources.map((name) => ({
      name,
      singularName: '',
      namespaced: true,
      kind: 'VirtualMachine',
      verbs: ['update'],
    })),
  },
};

async function act(namespace: string, name: string, what: string): Promise<number> {
  const machine = await client.find({ apiVersion: API, kind: 'VirtualMachine', namespace, name });
  if (!machine) return 404;
  const instance = { apiVersion: API, kind: 'VirtualMachineInstance', namespace, name };
  if (what === 'stop' || what === 'restart') await client.remove(instance);
  if (what === 'start' || what === 'restart') await client.apply(running(machine));
  const runs = what !== 'stop';
  await client.patchStatus(refOf(machine), {
    created: runs,
    ready: runs,
    printableStatus: runs ? 'Running' : 'Stopped',
  });
  return 202;
}

function running({ metadata, spec }: KubeObject): KubeObject {
  const { name, namespace = 'default', uid } = metadata;
  return {
    apiVersion: API,
    kind: 'VirtualMachineInstance',
    metadata: {
      name,
      namespace,
      ownerReferences: [{ apiVersion: API, kind: 'VirtualMachine', name, uid, controller: true }],
    },
    spec: spec?.template?.spec ?? {},
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
const server = createServer({ key, cert }, (request, response) => {
  const answer = (code: number, body: unknown) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const path = (request.url ?? '').split('?')[0] ?? '';
  const found = discovery[path];
  if (found) return void answer(200, found);
  const [, namespace, kind, name, what] = /\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  request.resume();
  if (!namespace || !name || !what || !resources.includes(`${kind}/${what}`))
    return void answer(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 });
  if (kind === 'virtualmachineinstances') return void answer(202, {});
  process.stdout.write(`${what} ${namespace}/${name}\n`);
  act(namespace, name, what).then(
    (code) => answer(code, { kind: 'Status', apiVersion: 'v1', code }),
    (error: unknown) =>
      answer(500, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 500, message: String(error) }),
  );
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
