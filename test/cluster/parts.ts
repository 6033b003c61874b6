/**
 * The real programs of the bed: where each comes from, which version, and what is lost without it.
 * A part is built from `modules/<folder>`, one Go module per tool, so that dependency trees do not mix.
 */

/** One Go build: some binaries out of one module. */
export interface Part {
  /** Unique name with its version, e.g. `harvester-1.4.2`. */
  readonly name: string;
  /** Folder under `modules/`. */
  readonly folder: string;
  /** What to build: binary name → package. */
  readonly binaries: Readonly<Record<string, string>>;
  /** A release whose own go.mod and go.sum the build begins from; without it the folder has both. */
  readonly release?: {
    readonly module: string;
    readonly version: string;
    /** Modules of its go.mod that cannot be had, and what stands in for them (`module version`). */
    readonly instead?: Readonly<Record<string, string>>;
  };
  readonly ldflags?: string;
  /** Build tags: which of a folder's files are in it. */
  readonly tags?: string;
  /** Minutes with cold caches on two cores, one package at a time; measured, for the user to know. */
  readonly coldMinutes: number;
  /** What cannot be used when this part does not build. */
  readonly without: string;
}

const KUBERNETES = '1.34.2';
const VERSION_PACKAGE = 'k8s.io/component-base/version';

const controlPlane: readonly Part[] = [
  {
    name: 'etcd-3.6.6',
    folder: 'etcd',
    binaries: { etcd: 'go.etcd.io/etcd/server/v3' },
    coldMinutes: 2,
    without: 'nothing can run: the API server has no store',
  },
  {
    name: `kubernetes-${KUBERNETES}`,
    folder: 'kubernetes',
    binaries: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
    },
    // Without a version the server says v0.0.0, and clients that check it refuse to work.
    ldflags: `-X ${VERSION_PACKAGE}.gitVersion=v${KUBERNETES} -X ${VERSION_PACKAGE}.gitMajor=1 -X ${VERSION_PACKAGE}.gitMinor=34`,
    coldMinutes: 9,
    without: 'nothing can run: there is no API server',
  },
];

const csi: readonly Part[] = [
  {
    name: 'snapshotter-8.3.0',
    folder: 'snapshotter',
    binaries: {
      'snapshot-controller': 'github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller',
      'csi-snapshotter': 'github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter',
    },
    coldMinutes: 3,
    without: 'the control plane still runs (--with longhorn=none), snapshots and restores do not',
  },
  {
    name: 'provisioner-5.1.0',
    folder: 'provisioner',
    binaries: { 'csi-provisioner': 'github.com/kubernetes-csi/external-provisioner/v5/cmd/csi-provisioner' },
    coldMinutes: 3,
    without: 'the control plane still runs (--with longhorn=none), no volume is provisioned',
  },
];

const s3: Part = {
  name: 's3-1.8.0',
  folder: 's3',
  binaries: { versitygw: 'github.com/versity/versitygw/cmd/versitygw' },
  coldMinutes: 2,
  without: 'storage still runs (--with harvester=none), Harvester has no backup target',
};

const harvester = (version: string): Part => ({
  name: `harvester-${version}`,
  folder: 'harvester',
  binaries: { harvester: '.' },
  release: { module: 'github.com/harvester/harvester', version },
  coldMinutes: 6,
  without: 'storage still runs (--with harvester=none), and so does any other Harvester version',
});

/**
 * All of 1.4.2's webhook. Of later releases the package with all validators does not resolve, for some of them want modules
 * that are in no public proxy; those of VM backups and VM restores do.
 */
const WHOLE_WEBHOOK_OF_HARVESTER = '1.4.2';
const harvesterWebhook = (version: string): Part => ({
  name: `harvester-webhook-${version}`,
  folder: 'harvester-webhook',
  binaries: { 'harvester-webhook': '.' },
  release: {
    module: 'github.com/harvester/harvester',
    version,
    ...(version === WHOLE_WEBHOOK_OF_HARVESTER && { instead: { 'helm.sh/helm/v3': 'helm.sh/helm/v3 v3.15.4' } }),
  },
  ...(version !== WHOLE_WEBHOOK_OF_HARVESTER && { tags: 'some' }),
  coldMinutes: 4,
  without: 'everything but admission (--with webhooks=none)',
});

const longhorn = (version: string): Part => ({
  name: `longhorn-${version}`,
  folder: 'longhorn',
  binaries: { longhorn: '.' },
  release: { module: 'github.com/longhorn/longhorn-manager', version },
  coldMinutes: 5,
  without: 'the control plane still runs (--with longhorn=none), and so does any other Longhorn version',
});

const KNATIVE_COMMANDS = 'knative.dev/eventing/cmd';
const knative: Part = {
  name: 'knative-0.47.0',
  folder: 'knative',
  binaries: {
    'knative-adapter': `${KNATIVE_COMMANDS}/apiserver_receive_adapter`,
    'knative-controller': `${KNATIVE_COMMANDS}/controller`,
    'knative-broker': `${KNATIVE_COMMANDS}/mtchannel_broker`,
    'knative-ingress': `${KNATIVE_COMMANDS}/broker/ingress`,
    'knative-filter': `${KNATIVE_COMMANDS}/broker/filter`,
    'knative-dispatcher': `${KNATIVE_COMMANDS}/in_memory/channel_dispatcher`,
    'knative-ping': `${KNATIVE_COMMANDS}/mtping`,
  },
  coldMinutes: 7,
  without: 'everything but events: functions are then called by the tests themselves',
};

/** A CSI driver beside Longhorn's, started by the test that needs it. */
export const otherPart: Part = {
  name: `csi-mock-${KUBERNETES}`,
  folder: 'csi-mock',
  binaries: { 'csi-mock': '.' },
  coldMinutes: 1,
  without: 'everything but the test of probes',
};

/** Versions that resolve from the Go module proxy and were seen running; `none` leaves the program out. */
export const versions = {
  harvester: ['1.4.2', '1.6.0', '1.8.0'],
  longhorn: ['1.8.1', '1.7.2'],
  knative: ['0.47.0'],
  /** Longhorn's and Harvester's, each of its own version. */
  webhooks: ['real'],
} as const;

export interface Choice {
  readonly harvester: string;
  readonly longhorn: string;
  /** Left out unless asked for. */
  readonly knative?: string;
  readonly webhooks?: string;
}

export const defaultChoice: Choice = { harvester: '1.4.2', longhorn: '1.8.1' };

/** Reads `harvester=1.4.2,longhorn=1.8.1`; what is not named keeps its default. Harvester needs Longhorn. */
export function parseChoice(text: string | undefined): Choice {
  const choice: Record<string, string> = { ...defaultChoice };
  for (const pair of (text ?? '').split(',').filter(Boolean)) {
    const [program = '', version = ''] = pair.split('=');
    const known = versions[program as keyof typeof versions] as readonly string[] | undefined;
    if (!known) throw new Error(`--with: unknown program "${program}", known are ${Object.keys(versions).join(', ')}`);
    if (version !== 'none' && !known.includes(version))
      throw new Error(`--with: ${program} "${version}" is not one of ${[...known, 'none'].join(', ')}`);
    choice[program] = version;
  }
  if (choice['longhorn'] === 'none') {
    if (/harvester=\d/.test(text ?? ''))
      throw new Error('--with: Harvester needs Longhorn, and longhorn=none leaves it out');
    choice['harvester'] = 'none';
  }
  return choice as unknown as Choice;
}

/** Every part a choice needs, in the order in which they are built and started. */
export function partsFor(choice: Choice): Part[] {
  return [
    ...controlPlane,
    ...(choice.longhorn === 'none' ? [] : [...csi, longhorn(choice.longhorn)]),
    ...(choice.harvester === 'none' ? [] : [s3, harvester(choice.harvester)]),
    ...(hasHarvesterWebhook(choice) ? [harvesterWebhook(choice.harvester)] : []),
    ...((choice.knative ?? 'none') === 'none' ? [] : [knative]),
  ];
}

export const hasWebhooks = ({ webhooks = 'none' }: Choice): boolean => webhooks !== 'none';
export const hasHarvesterWebhook = (choice: Choice): boolean => hasWebhooks(choice) && choice.harvester !== 'none';

/** Every part of every choice. */
export const everyPart = (): Part[] => [
  ...controlPlane,
  ...csi,
  ...versions.longhorn.map(longhorn),
  s3,
  ...versions.harvester.map(harvester),
  ...versions.harvester.map(harvesterWebhook),
  knative,
  otherPart,
];

/** Modules of which only files are used: the custom resource definitions. */
export const definitionModules = {
  snapshot: 'github.com/kubernetes-csi/external-snapshotter/client/v8@v8.2.0',
  harvester: (version: string) => `github.com/harvester/harvester@v${version}`,
  longhorn: (version: string) => `github.com/longhorn/longhorn-manager@v${version}`,
  knative: 'knative.dev/eventing@v0.47.0',
  /** The two kinds of report: the first as Kyverno installs it, the other from its own project. */
  policyReports: 'github.com/kyverno/kyverno@v1.13.4',
  openReports: 'github.com/openreports/reports-api@v0.2.1',
};
