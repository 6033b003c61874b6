/** The settings that differ between installations. */
export interface ManifestOptions {
  readonly namespace: string;
  /** One image for all functions; an environment variable selects the function. */
  readonly image: string;
  /** `observe`: the functions only report. */
  readonly mode: 'apply' | 'observe';
  /** When to sweep, in cron syntax. */
  readonly sweepSchedule: string;
}

export const defaults: ManifestOptions = {
  namespace: 'gleaner',
  // Knative resolves no dev.local image in a registry: it must be on the nodes. Installations set their own image.
  image: 'dev.local/gleaner:dev',
  mode: 'apply',
  sweepSchedule: '*/10 * * * *',
};

/** A Kubernetes object with its fields in output order. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A manifest and the comment that explains it. */
export interface Commented {
  readonly why?: string;
  readonly manifest: Manifest;
}

/** @param component name of the function, or purpose of the object */
export const labels = (component: string): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': component,
  'app.kubernetes.io/part-of': 'gleaner',
});
