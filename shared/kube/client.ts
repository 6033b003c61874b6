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

export interface ConnectOptions extends ClusterChoice {
  /** The server checks every write as if it were real, and stores nothing. */
  readonly dryRun?: 'server' | undefined;
  readonly userAgent?: string;
  /** For each call, its repetitions and its body together. Default 15 s. */
  readonly timeoutMs?: number;
  /**
   * Whether a 403 for a right that no call has used yet is taken for a cluster that is just starting, and asked again for
   * about a second. Default true; false where a person is waiting.
   */
  readonly awaitsRights?: boolean;
}

export interface KubeClient {
  readonly reader: Reader;
  readonly writer: Writer;
  /** The API server's address. */
  readonly server: string;
  /** Of the chosen context. */
  readonly namespace: string;
  /** Closes idle connections; calls under way fail. */
  close(): Promise<void>;
}

/**
 * The one way to a cluster. Importing this costs little; the package behind it is loaded by the first `connect`. Nothing
 * is sent before the first call.
 * @throws TerminalError when no cluster is configured
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

/** A 401 did nothing, so a call may be sent again once with whatever token is there now. */
function withRenewal(send: Send, renew: () => void): Send {
  return async (call, deadlineMs) => {
    const answer = await send(call, deadlineMs);
    if (answer.status !== 401) return answer;
    renew();
    return send(call, deadlineMs);
  };
}
