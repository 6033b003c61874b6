/**
 * Gleaner as it is deployed: every function with a service account of its own, which may do what the function says it
 * needs and nothing else. The API server's real RBAC decides.
 */
import { join } from 'node:path';
import * as functions from '../../../functions/index.ts';
import type { AnyFunction } from '../../../shared/function.ts';
import { createApplier } from '../../../shared/kube/apply.ts';
import type { Applied } from '../../../shared/kube/apply.ts';
import { connect } from '../../../shared/kube/client.ts';
import { account } from '../../../shared/manifests/rights.ts';
import { settle } from '../../../shared/runtime/settle.ts';
import type { Settling } from '../../../shared/runtime/settle.ts';
import type { Client } from '../client.ts';
import { accessOf, kubeconfigOf, writeKubeconfig } from '../control-plane.ts';
import type { BedState } from '../state.ts';

const NAMESPACE = 'gleaner';

/** Makes the accounts and their rights; gives a kubeconfig file for each function. */
export async function installAccounts(bed: BedState, client: Client): Promise<Record<string, string>> {
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const files: Record<string, string> = {};
  for (const { name, needs } of Object.values<AnyFunction>(functions)) {
    for (const { manifest } of account(name, name, NAMESPACE, needs, '')) await client.apply(structuredClone(manifest));
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${name}/token`;
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 36_000 },
    };
    const { status } = await client.request('POST', path, request);
    const file = kubeconfigOf(bed.run, join(NAMESPACE, name));
    await writeKubeconfig(file, { ...(await accessOf(bed)), token: status.token });
    files[name] = file;
  }
  return files;
}

export interface Settled {
  /** Writes that changed something. */
  readonly writes: readonly Applied[];
  /** `<function> <subject>: <message>` of subjects that could not be worked on. */
  readonly failures: readonly string[];
  readonly findings: readonly string[];
}

/** Lets the functions sweep, all at once and each with its own rights, until none has anything left to write. */
export async function settleAll(files: Readonly<Record<string, string>>, patienceMs = 20_000): Promise<Settled> {
  const seen: { writes: Applied[]; failures: string[]; findings: string[] } = {
    writes: [],
    failures: [],
    findings: [],
  };
  for (let before = -1; before !== seen.writes.length;) {
    before = seen.writes.length;
    seen.failures = [];
    seen.findings = [];
    await Promise.all(
      Object.values<AnyFunction>(functions).map((fn) => settleOne(fn, files[fn.name] ?? '', patienceMs, seen)),
    );
  }
  return seen;
}

async function settleOne(
  fn: AnyFunction,
  kubeconfig: string,
  patienceMs: number,
  seen: { writes: Applied[]; failures: string[]; findings: string[] },
): Promise<void> {
  const client = await connect({ kubeconfig });
  const { reader, writer } = client;
  const config = fn.config.parse({});
  try {
    let round: Settling[] = [];
    for await (const it of settle({
      functions: [fn],
      reader,
      applier: createApplier(reader, writer),
      configOf: () => config,
      patienceMs,
    })) {
      if (it.kind === 'outcome') seen.writes.push(...it.applied.filter(({ result }) => result === 'done'));
      if (it.kind === 'settled') break;
      if (it.kind === 'round') {
        if (it.writes > 0 || it.waitingFor.length > 0) round = [];
      } else round.push(it);
    }
    for (const it of round) {
      if (it.kind === 'failure') seen.failures.push(`${fn.name} ${it.subject.name}: ${it.error.message}`);
      if (it.kind === 'finding') seen.findings.push(`${fn.name} ${it.finding.subject.name}: ${it.finding.reason}`);
      if (it.kind === 'outcome')
        for (const f of it.outcome.plan.findings) seen.findings.push(`${fn.name} ${f.subject.name}: ${f.reason}`);
    }
  } finally {
    await client.close();
  }
}
