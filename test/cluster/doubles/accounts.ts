/** A kubeconfig for a service account, as a pod would find its token mounted. */
import { join } from 'node:path';
import type { Client } from '../client.ts';
import { accessOf, kubeconfigOf, writeKubeconfig } from '../control-plane.ts';
import type { BedState } from '../state.ts';

export async function kubeconfigFor(
  bed: BedState,
  client: Client,
  namespace: string,
  account: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 36_000 } };
  const { status } = await client.request('POST', path, request);
  const file = kubeconfigOf(bed.run, join(namespace, account));
  await writeKubeconfig(file, { ...(await accessOf(bed)), token: status.token });
  return file;
}
