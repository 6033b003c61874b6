import type { AnyFunction } from '../function.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';

/** The default of GLEANER_CONCURRENCY: events that one process handles at once. */
const CONCURRENCY = 16;
/** A sweep of a large cluster is the longest request. This is Knative's default maximum. */
export const TIMEOUT_SECONDS = 300;

/** The function as a Knative Service that scales to zero. */
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
              // Scrape the pod while it exists: a request to the Service would start one.
              'prometheus.io/scrape': 'true',
              'prometheus.io/port': '8080',
              'prometheus.io/path': '/metrics',
            },
          },
          spec: {
            serviceAccountName: fn.name,
            containerConcurrency: CONCURRENCY,
            timeoutSeconds: TIMEOUT_SECONDS,
            // Service links would add variables with other Services' names, and unknown GLEANER_ variables are refused.
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
      // Node overestimates the memory limit: bound the heap, so that it collects before it is killed. The young generation
      // would grow with every large sweep, to three times 32 MiB, and never shrink.
      { name: 'NODE_OPTIONS', value: '--max-old-space-size=160 --max-semi-space-size=4' },
    ],
    ports: [{ containerPort: 8080 }],
    // Without a period Knative probes every 50 ms until the first success, which makes cold starts fast.
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
    // Gleaner writes no files, but the launchers of buildpack images do.
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}
