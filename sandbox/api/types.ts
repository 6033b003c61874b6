/**
 * What the sandbox's API server offers to the controllers that live in the same process.
 * The same rules as over HTTP hold (admission, conflicts, finalizers, owner references): the HTTP
 * front and this client are two doors to one store.
 */

/** Any Kubernetes object, as JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  /** JSON of any kind; each controller narrows what it touches. */
  [field: string]: any;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `group/version/Kind`; the core group is `v1/Kind`, e.g. `v1/PersistentVolumeClaim`, `longhorn.io/v1beta2/Backup`. */
export type KindId = string;

/** How a kind is named and served; its schema, rules and columns are in kinds.ts. */
export interface KindTraits {
  id: KindId;
  group: string;
  version: string;
  /** `snapshot.storage.k8s.io/v1`, or `v1` for the core group. */
  apiVersion: string;
  kind: string;
  plural: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Has a `/status` endpoint, and ignores status on the main one. */
  status: boolean;
  /** Defined by a CRD: PUT needs a resourceVersion, lists carry kind and apiVersion in each item. */
  custom: boolean;
  /** Keeps `metadata.generation`. */
  generation: boolean;
  /** PUT of an object that does not exist creates it. */
  createOnUpdate: boolean;
  /** DELETE answers with the object instead of a Status. */
  returnsDeleted: boolean;
  /** Names are path segments (RBAC) instead of DNS subdomains. */
  looseNames: boolean;
  readOnly: boolean;
  /** Shown by `kubectl get all`. */
  inAll: boolean;
  /** Field selectors besides metadata.name and metadata.namespace. */
  fields: readonly string[];
}

export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'test' | 'move' | 'copy';
  path: string;
  value?: unknown;
  from?: string;
}

export interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  dryRun?: boolean;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

/** Thrown with the code and reason of a Kubernetes `Status`. */
export interface ApiErrorShape extends Error {
  /** HTTP status: 400, 403, 404, 409, 410, 415, 422 … */
  code: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, `Expired` … */
  reason: string;
}

/** The door for controllers in the same process. Objects handed out are copies. */
export interface ApiClient {
  get(kind: KindId, name: string, namespace?: string): Promise<KubeObject | undefined>;
  list(kind: KindId, options?: { namespace?: string; labels?: Record<string, string> }): Promise<KubeObject[]>;
  create(object: KubeObject): Promise<KubeObject>;
  /** PUT of the main resource; a stale `metadata.resourceVersion` is refused with 409. */
  update(object: KubeObject): Promise<KubeObject>;
  updateStatus(object: KubeObject): Promise<KubeObject>;
  jsonPatch(
    kind: KindId,
    name: string,
    namespace: string | undefined,
    operations: JsonPatchOperation[],
    subresource?: 'status',
  ): Promise<KubeObject>;
  mergePatch(
    kind: KindId,
    name: string,
    namespace: string | undefined,
    patch: object,
    subresource?: 'status',
  ): Promise<KubeObject>;
  delete(kind: KindId, name: string, namespace?: string, options?: DeleteOptions): Promise<KubeObject | undefined>;
  /** Every change from now on; with `initial`, first an ADDED for each object that exists. */
  watch(kind: KindId, onEvent: (event: WatchEvent) => void, options?: { initial?: boolean }): () => void;
}

/** One request as the API server saw it: what tests count. */
export interface RequestRecord {
  /** When it was answered, milliseconds since the server started. */
  atMs: number;
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  kind: KindId;
  namespace?: string;
  name?: string;
  subresource?: string;
  dryRun: boolean;
  /** HTTP status it was answered with; 0 when the connection was reset or the client gave up waiting. */
  code: number;
  /** From the bearer token. */
  user: string;
  userAgent?: string;
}

/**
 * Called before each HTTP request is carried out; what it answers is done to the request.
 * `after` faults happen when the write is already in the store: the client does not learn of it.
 */
export type Fault =
  | { kind: 'status'; code: number; reason?: string; retryAfterSeconds?: number }
  /** Answered late; not carried out at all when the client has given up by then. */
  | { kind: 'hang'; ms: number }
  | { kind: 'reset' }
  | { kind: 'reset-after' };
export type FaultInjector = (request: Omit<RequestRecord, 'code' | 'atMs'>) => Fault | undefined;

export interface ApiServerOptions {
  /** 0 = any free port. Loopback only. */
  port?: number;
  /** Self-signed TLS, with its CA in the kubeconfig. Default true. */
  tls?: boolean;
  /** How many events the watch cache keeps before a resume answers 410. Default 10 000. */
  watchHistory?: number;
  /** API groups that are not there, as on a cluster where their CRDs are not installed. */
  withoutGroups?: readonly string[];
  /** Whether objects go with their owners, as where a controller manager runs. Default true. */
  garbageCollection?: boolean;
  fault?: FaultInjector;
}

export interface ApiServer {
  /** `https://127.0.0.1:PORT` */
  url: string;
  /** PEM, empty without TLS. */
  caCert: string;
  /** `cluster-admin`'s token. */
  adminToken: string;
  /** The in-process door. `user` says whose it is; its calls are neither authorized nor recorded in `requests`. */
  client(user: string): ApiClient;
  /** Makes a token for a user (e.g. a service account) that may do just what RBAC objects bound to it allow. */
  tokenFor(user: string, groups?: string[]): string;
  /** YAML that kubectl and Gleaner read. */
  kubeconfig(options?: { token?: string; namespace?: string }): string;
  /** Writes objects as given: status included, uid and creationTimestamp kept where set. For fixtures; watchers see it. */
  seed(objects: readonly KubeObject[]): void;
  /** Every HTTP request since the start or the last `clearRequests`, oldest first. */
  requests(): readonly RequestRecord[];
  clearRequests(): void;
  setFault(fault: FaultInjector | undefined): void;
  stop(): Promise<void>;
}
