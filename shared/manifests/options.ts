/** What differs from one installation to another. */
export interface ManifestOptions {
  readonly namespace: string;
  /** One image serves every function; which one a process is, its environment says. */
  readonly image: string;
  /** `observe`: the same functions, but they only report. */
  readonly mode: 'apply' | 'observe';
  /** When everything is looked at, as cron writes it. */
  readonly sweepSchedule: string;
}

export const defaults: ManifestOptions = {
  namespace: 'gleaner',
  // Knative asks no registry about dev.local: the image has to be on the nodes. An installation gives its own.
  image: 'dev.local/gleaner:dev',
  mode: 'apply',
  sweepSchedule: '*/10 * * * *',
};

/** A Kubernetes object, in the order in which its fields are to be written. */
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

/** A manifest and the reader's question it answers. */
export interface Commented {
  readonly why?: string;
  readonly manifest: Manifest;
}

/** `component` is a function's name, or what the object is for. */
export const labels = (component: string): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': component,
  'app.kubernetes.io/part-of': 'gleaner',
});
