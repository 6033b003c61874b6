import type { AnyFunction } from '../function.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';

/** As many events as one process works on at once by itself (GLEANER_CONCURRENCY). */
const CONCURRENCY = 16;
/** A sweep of a large cluster is the longest request there is; Knative's own limit unless it is raised. */
export const TIMEOUT_SECONDS = 300;

/** The function as a Knative Service that is not there until an event comes. */
export function service(fn: Pick<AnyFunction, 'name'>, { namespace, image, mode }: ManifestOptions): Commented {
  return {
    why:
      'Cluster-local, and scaled to zero while idle. One pod keeps up with any backup target, and a second one would\n' +
      'only cause conflicts.',
    manifest: {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: {
        name: fn.name,
        namespace,
        labels: { ...labels(fn.name), 'networking.knative.dev/visibility': 'cluster-local' },
      },
      spec: {
        template: {
          metadata: {
            labels: labels(fn.name),
            annotations: {
              'autoscaling.knative.dev/min-scale': '0',
              'autoscaling.knative.dev/max-scale': '1',
              // Of the pod while there is one: asking the Service would wake it.
              'prometheus.io/scrape': 'true',
              'prometheus.io/port': '8080',
              'prometheus.io/path': '/metrics',
            },
          },
          spec: {
            serviceAccountName: fn.name,
            containerConcurrency: CONCURRENCY,
            timeoutSeconds: TIMEOUT_SECONDS,
            // Links would put variables named after other Services into the environment, where unknown names are refused.
            enableServiceLinks: false,
            containers: [container(fn.name, image, mode)],
            volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '16Mi' } }],
          },
        },
      },
    },
  };
}

function container(name: string, image: string, mode: string): object {
  return {
    name: 'function',
    image,
    env: [
      { name: 'FUNCTION', value: name },
      { name: 'GLEANER_MODE', value: mode },
      // Node takes the limit for more than it is; so it collects in time instead of being killed. Its room for new objects
      // would grow with every large sweep, to three times 32 MiB, and is never given back.
      { name: 'NODE_OPTIONS', value: '--max-old-space-size=160 --max-semi-space-size=4' },
    ],
    ports: [{ containerPort: 8080 }],
    // Without a period Knative asks every 50 ms until the first yes, which is what a cold start wants.
    readinessProbe: { httpGet: { path: '/health/readiness' } },
    livenessProbe: { httpGet: { path: '/health/liveness' }, periodSeconds: 10, timeoutSeconds: 5 },
    resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // Gleaner writes no file; launchers of buildpack images want a place for theirs.
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}
