import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { TerminalError } from '../ports/errors.ts';

export interface ClusterChoice {
  /** Path, or several joined as in $KUBECONFIG; without it $KUBECONFIG, ~/.kube/config, then the pod's own account. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * Finds the cluster as kubectl does. The package is loaded here and nowhere else, since it is large.
 * @throws TerminalError when there is none, or the named context does not exist
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
    // A YAML error quotes the text around it, which may be a token: only what went wrong, not where.
    throw new TerminalError(`kubeconfig cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'malformed'}`);
  }
  // The package's last resort is an address nobody serves today; what is missing is a configuration.
  if (files.length === 0 && config.getCurrentCluster()?.server === 'http://localhost:8080') {
    throw new TerminalError('no cluster is configured: set KUBECONFIG or give --kubeconfig');
  }
  return config;
}

/** kubectl's merge: missing files are passed over, and the first that defines a name wins (the package refuses both). */
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
