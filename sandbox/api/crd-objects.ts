/** The CustomResourceDefinition objects of the custom kinds served, to be read (is the CRD installed? which scope?). */
import type { Kind, KindTable } from './kinds.ts';
import type { KubeObject } from './types.ts';

export function crdObjects(kinds: KindTable): KubeObject[] {
  const served = kinds.find('apiextensions.k8s.io/v1/CustomResourceDefinition') !== undefined;
  return served ? kinds.all.filter((kind) => kind.custom).map(crdObject) : [];
}

function crdObject(kind: Kind): KubeObject {
  const names = {
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural: kind.plural,
    singular: kind.kind.toLowerCase(),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
  };
  const isTrue = (type: string): object => ({ type, status: 'True' });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      names,
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          ...(kind.status && { subresources: { status: {} } }),
        },
      ],
    },
    status: {
      acceptedNames: names,
      conditions: [isTrue('NamesAccepted'), isTrue('Established')],
      storedVersions: [kind.version],
    },
  };
}
