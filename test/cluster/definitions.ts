/** The custom resource definitions, taken from the Go modules of the very versions that run. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { moduleFolder } from './build.ts';
import type { Client, KubeObject } from './client.ts';
import { until } from './client.ts';
import type { Choice } from './parts.ts';
import { definitionModules, hasHarvesterWebhook, hasWebhooks, versions } from './parts.ts';

/** Definitions for a choice of versions. Those of a program that is left out come from its newest known line. */
export async function definitions(choice: Choice): Promise<KubeObject[]> {
  const { harvester, longhorn } = choice;
  const harvesterVersion = harvester === 'none' ? versions.harvester[0] : harvester;
  const longhornVersion = longhorn === 'none' ? versions.longhorn[0] : longhorn;
  const [snapshots, ofHarvester, ofLonghorn] = await Promise.all([
    definitionsIn(definitionModules.snapshot, 'config/crd'),
    definitionsIn(definitionModules.harvester(harvesterVersion), 'deploy/charts/harvester-crd/templates'),
    definitionsIn(definitionModules.longhorn(longhornVersion), 'k8s', 'crds.yaml'),
  ]);
  return [
    ...snapshots.filter((it) => it['spec'].group === 'snapshot.storage.k8s.io'),
    ...ofHarvester
      .filter((it) => it['spec'].group !== 'snapshot.storage.k8s.io') // newer charts carry a copy
      .map(hasHarvesterWebhook(choice) ? (it) => it : withoutImageDefaults),
    ...ofLonghorn.map(hasWebhooks(choice) ? withoutConversion : withoutDefaulting),
    ...['VirtualMachine', 'VirtualMachineInstance', 'VirtualMachineInstanceMigration'].map((kind) =>
      minimal('kubevirt.io', 'v1', kind),
    ),
    ...(hasHarvesterWebhook(choice)
      ? readByWebhook.map(([group, version, kind, plural]) => minimal(group, version, kind, plural))
      : []),
  ];
}

/** The definitions of one of the two kinds of report; no cluster has them of itself. */
export const reportDefinitions = (of: 'wgpolicyk8s.io' | 'openreports.io'): Promise<KubeObject[]> =>
  of === 'wgpolicyk8s.io'
    ? definitionsIn(definitionModules.policyReports, 'config/crds/policyreport')
    : definitionsIn(definitionModules.openReports, 'config/crd');

/** Applies them and waits until the server serves every one. */
export async function applyDefinitions(client: Client, wanted: readonly KubeObject[]): Promise<void> {
  await Promise.all(wanted.map((definition) => client.apply(definition)));
  await until('all definitions to be established', async () => {
    const found = await client.list('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
    const established = new Set(
      found
        .filter((it) => it['status']?.conditions?.some((c: any) => c.type === 'Established' && c.status === 'True'))
        .map((it) => it.metadata.name),
    );
    return wanted.every((it) => established.has(it.metadata.name));
  });
}

async function definitionsIn(module: string, folder: string, only?: string): Promise<KubeObject[]> {
  const path = join(await moduleFolder(module), folder);
  const files = only === undefined ? (await readdir(path)).filter((file) => file.endsWith('.yaml')) : [only];
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text.replace(/\{\{.*?\}\}/g, ''))) // a chart's few placeholders are labels only
    .map((document) => document.toJS() as KubeObject | null)
    .filter((it): it is KubeObject => it?.kind === 'CustomResourceDefinition')
    .map(({ status: _, ...rest }) => rest);
}

/**
 * Longhorn's API writes Volumes with empty enum fields and relies on its mutating webhook to fill them in.
 * Where the webhook does not run, the bed's copy of the Volume definition accepts them empty.
 */
function withoutDefaulting(definition: KubeObject): KubeObject {
  if (definition.metadata.name === 'volumes.longhorn.io')
    for (const version of definition['spec'].versions) dropEnums(version.schema.openAPIV3Schema.properties.spec);
  return withoutConversion(definition);
}

/** From 1.6 on a scan creates images without a backend, which Harvester's webhook fills in; it is not on the bed. */
function withoutImageDefaults(definition: KubeObject): KubeObject {
  if (definition.metadata.name === 'virtualmachineimages.harvesterhci.io')
    for (const version of definition['spec'].versions) dropEnums(version.schema.openAPIV3Schema.properties.spec);
  return definition;
}

function withoutConversion(definition: KubeObject): KubeObject {
  // v1beta1 would be converted by another webhook that does not run here; nobody asks for it.
  definition['spec'].versions = definition['spec'].versions.filter(
    (version: any) => version.storage || version.name === 'v1beta2',
  );
  delete definition['spec'].conversion;
  return definition;
}

function dropEnums(schema: any): void {
  if (schema === null || typeof schema !== 'object') return;
  delete schema.enum;
  for (const value of Object.values(schema)) dropEnums(value);
}

/** Kinds that Harvester's webhook keeps in its caches; it does not get ready without them, and here there are none. */
const readByWebhook: readonly [group: string, version: string, kind: string, plural?: string][] = [
  ['k8s.cni.cncf.io', 'v1', 'NetworkAttachmentDefinition', 'network-attachment-definitions'],
  ['network.harvesterhci.io', 'v1beta1', 'ClusterNetwork'],
  ['network.harvesterhci.io', 'v1beta1', 'VlanConfig'],
  ['network.harvesterhci.io', 'v1beta1', 'VlanStatus', 'vlanstatuses'],
  ['fleet.cattle.io', 'v1alpha1', 'Cluster'],
  ['cluster.x-k8s.io', 'v1beta1', 'Cluster'],
  ['cluster.x-k8s.io', 'v1beta1', 'Machine'],
  ['management.cattle.io', 'v3', 'ManagedChart'],
  ['management.cattle.io', 'v3', 'Feature'],
];

/** For kinds whose definitions are in no module, as KubeVirt's operator makes its own; any content is accepted. */
function minimal(group: string, version: string, kind: string, plural = `${kind.toLowerCase()}s`): KubeObject {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}
