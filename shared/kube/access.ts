import http from 'node:http';
import type { AgentOptions, RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { RetryableError, TerminalError } from '../ports/errors.ts';

/** The API server's address and the credentials for it. */
export interface Access {
  readonly server: URL;
  /** Namespace of the context; `default` if it has none. */
  readonly namespace: string;
  /**
   * Connection pool and headers for a call. Credentials are cached for 10 s.
   * @throws RetryableError if a token or certificate file is missing or the exec plugin fails
   */
  options(): Promise<CallOptions>;
  /** After a 401: reloads the configuration before the next call, in case the token was replaced. */
  renew(): void;
  close(): void;
}

interface CallOptions {
  readonly agent: http.Agent;
  readonly headers: http.OutgoingHttpHeaders;
}

/** How long credentials are cached before their source (token file, exec plugin, CA file) is read again. */
const FRESH_MS = 10_000;
/** Shorter than any API server's or load balancer's idle limit, so that a write seldom meets a closing connection. */
const IDLE_MS = 20_000;
const MAX_CONNECTIONS = 8;

/**
 * Creates one connection pool for all calls. The classes of @kubernetes/client-node open a connection per call; only
 * its configuration is used, which supports token files, exec plugins, client certificates and proxies.
 * @throws TerminalError if the kubeconfig names no cluster, and the errors of `load`
 */
export async function createAccess(load: () => Promise<KubeConfig>): Promise<Access> {
  let config = await load();
  let stale = false;
  let current: { options: Promise<CallOptions>; untilMs: number } | undefined;
  let pool: { agent: http.Agent; identity: string } | undefined;
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new TerminalError('kubeconfig names no cluster');
  const server = new URL(cluster.server);

  async function refresh(): Promise<CallOptions> {
    const options: RequestOptions = {};
    if (stale) config = await load();
    stale = false;
    try {
      allowLocalHttp(config);
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      // The error contains the exec plugin's output, which may be a token.
      const code = (error as NodeJS.ErrnoException).code;
      throw new RetryableError(
        `no credentials for user "${config.getCurrentUser()?.name ?? ''}"${code === undefined ? '' : ` (${code})`}: ` +
          'a token or certificate file is missing, or the exec plugin fails',
      );
    }
    const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
    const identity = [ca, cert, key].map(textOf).join('\n') + `${servername ?? ''}\n${rejectUnauthorized ?? ''}`;
    if (pool?.identity !== identity) {
      // The old pool is not destroyed: calls may still be in flight in it.
      const tls = { ca, cert, key, passphrase, servername, rejectUnauthorized };
      pool = { agent: await makeAgent(options, tls, config), identity };
    }
    return {
      agent: pool.agent,
      headers: {
        ...(options.headers as http.OutgoingHttpHeaders | undefined),
        ...(options.auth && { Authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` }),
      },
    };
  }

  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace?.trim() || 'default',
    options() {
      const nowMs = performance.now();
      if (current === undefined || current.untilMs < nowMs) {
        const options = refresh();
        current = { options, untilMs: nowMs + FRESH_MS };
        // Failures are not cached: the next call tries again.
        options.catch(() => (current = undefined));
      }
      return current.options;
    },
    renew() {
      stale = true;
      current = undefined;
    },
    close() {
      pool?.agent.destroy();
      pool = undefined;
      current = undefined;
    },
  };
}

const textOf = (part: RequestOptions['ca'] | RequestOptions['key']): string =>
  Buffer.isBuffer(part) ? part.toString('base64') : (JSON.stringify(part) ?? '');

async function makeAgent(options: RequestOptions, tls: AgentOptions, config: KubeConfig): Promise<http.Agent> {
  if (config.getCurrentCluster()?.proxyUrl) {
    const viaProxy = options.agent as http.Agent & { keepAlive: boolean };
    viaProxy.keepAlive = true;
    viaProxy.maxSockets = MAX_CONNECTIONS;
    return viaProxy;
  }
  const reuse = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_MS, scheduling: 'lifo' } as const;
  const defined = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined && value !== null));
  if (config.getCurrentCluster()?.server.startsWith('http:')) return new http.Agent(reuse);
  const https = await import('node:https');
  return new https.Agent({ ...reuse, ...defined });
}

/**
 * `kubectl proxy` and test servers use plain HTTP on loopback; the package refuses that unless TLS verification is off.
 */
function allowLocalHttp(config: KubeConfig): void {
  const cluster = config.getCurrentCluster();
  if (cluster === null || !/^http:\/\/(localhost|127\.|\[::1\])/.test(cluster.server)) return;
  Object.assign(cluster, { skipTLSVerify: true });
}
