import { FIELD_MANAGER } from '../domain/names.ts';
import { createAccess } from './access.ts';
import type { ClusterChoice } from './kubeconfig.ts';
import { loadKubeConfig } from './kubeconfig.ts';
import type { Reader } from '../ports/reader.ts';
import type { Writer } from '../ports/writer.ts';
import { createReader } from './reader.ts';
import { createSend } from './request.ts';
import { withRetry } from './retry.ts';
import type { Send } from './request.ts';
import { version } from './version.ts';
import { createWriter } from './writer.ts';

/** How to connect: the cluster, and how calls behave. */
export interface ConnectOptions extends ClusterChoice {
  /** The API server validates every write and stores nothing. Default: writes are stored. */
  readonly dryRun?: 'server' | undefined;
  /** Default `gleaner/<version>`. */
  readonly userAgent?: string;
  /** Deadline for each call including its retries and body. Default 15,000. */
  readonly timeoutMs?: number;
  /**
   * Whether a 403 for a permission that no call has used yet is retried for about a second, as from an API server that
   * is just starting. Default true; set false if a person is waiting.
   */
  readonly awaitsRights?: boolean;
}

/** An open connection to one cluster. */
export interface KubeClient {
  readonly reader: Reader;
  readonly writer: Writer;
  /** The API server's address. */
  readonly server: string;
  /** Namespace of the chosen context. */
  readonly namespace: string;
  /** Closes all connections; calls in flight fail. */
  close(): Promise<void>;
}

/**
 * Connects to the cluster that kubectl would use. Sends nothing before the first call. Importing this module is cheap:
 * @kubernetes/client-node is loaded by the first `connect`.
 * @throws TerminalError if no cluster is configured or the kubeconfig cannot be read
 */
export async function connect(options: ConnectOptions = {}): Promise<KubeClient> {
  const access = await createAccess(() => loadKubeConfig(options));
  const { awaitsRights = true } = options;
  const send = withRetry(await createSend(access, options.userAgent ?? `${FIELD_MANAGER}/${version}`), {
    awaitsRights,
  });
  const renewing = withRenewal(send, () => access.renew());
  const timeoutMs = options.timeoutMs ?? 15_000;
  return {
    reader: createReader(renewing, timeoutMs),
    writer: createWriter(renewing, timeoutMs, options.dryRun === 'server' ? { dryRun: 'All' } : {}),
    server: access.server.href.replace(/\/$/, ''),
    namespace: access.namespace,
    close: () => Promise.resolve(access.close()),
  };
}

/** A 401 had no effect, so the call is repeated once with fresh credentials. */
function withRenewal(send: Send, renew: () => void): Send {
  return async (call, deadlineMs) => {
    const answer = await send(call, deadlineMs);
    if (answer.status !== 401) return answer;
    renew();
    return send(call, deadlineMs);
  };
}
