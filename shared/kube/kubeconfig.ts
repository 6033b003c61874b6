import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { TerminalError } from '../ports/errors.ts';

/** Selects a cluster as kubectl's options do. */
export interface ClusterChoice {
  /**
   * Path, or several joined as in $KUBECONFIG. Default: $KUBECONFIG, then ~/.kube/config, then the pod's service
   * account.
   */
  readonly kubeconfig?: string | undefined;
  /** Default: the current context. */
  readonly context?: string | undefined;
}

/**
 * Finds the cluster as kubectl does. Only this function loads @kubernetes/client-node, because it is large.
 * @throws TerminalError if no cluster is configured, the file cannot be read, or the context does not exist
 */
export async function loadKubeConfig(
  choice: ClusterChoice,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = parse(KubeConfig, choice, environment);
  if (choice.context !== undefined) config.setCurrentContext(choice.context);
  if (config.getContextObject(config.getCurrentContext()) === null) {
    throw new TerminalError(`kubeconfig has no context "${config.getCurrentContext()}"`);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new TerminalError(`the cluster of context "${config.getCurrentContext()}" is not defined`);
  return config;
}

type Class = typeof KubeConfig;

function parse(Config: Class, choice: ClusterChoice, environment: NodeJS.ProcessEnv): KubeConfig {
  const files = (choice.kubeconfig ?? environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const config = new Config();
  try {
    if (files.length > 0) mergeFiles(Config, config, files);
    else config.loadFromDefault();
  } catch (error) {
    // A YAML error quotes the surrounding text, which may be a token: report only the code.
    throw new TerminalError(`kubeconfig cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'malformed'}`);
  }
  // The package falls back to this address; report the missing configuration instead.
  if (files.length === 0 && config.getCurrentCluster()?.server === 'http://localhost:8080') {
    throw new TerminalError('no cluster is configured: set KUBECONFIG or give --kubeconfig');
  }
  return config;
}

/**
 * Merges as kubectl does: skips missing files, and the first definition of a name wins. The package supports neither.
 */
function mergeFiles(Config: Class, config: KubeConfig, files: readonly string[]): void {
  const present = files.filter((file) => files.length === 1 || existsSync(file));
  if (present.length === 0) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  for (const file of present) {
    const next = new Config();
    next.loadFromFile(file);
    for (const cluster of next.clusters) if (config.getCluster(cluster.name) === null) config.addCluster(cluster);
    for (const user of next.users) if (config.getUser(user.name) === null) config.addUser(user);
    for (const context of next.contexts) {
      if (config.getContextObject(context.name) === null) config.addContext(context);
    }
    if (!config.currentContext && next.currentContext) config.setCurrentContext(next.currentContext);
  }
}
