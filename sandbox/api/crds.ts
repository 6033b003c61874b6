/**
 * The rules of the custom resources that the product writes, copied field by field from their CRDs:
 * snapshot.storage.k8s.io 8.x (with its CEL rules and messages), harvesterhci.io up to 1.8, and the two kinds of report
 * (without their selectors and limits).
 * Parts that only carry data (a VM's spec, a PVC's template) are left open.
 */
import { anything, array, boolean, integer, object, string } from './schema.ts';
import type { Rule, Schema } from './schema.ts';

const has = (value: unknown): boolean => value !== undefined;

const immutable = (name: string): Schema => ({
  type: 'string',
  rules: [{ message: `${name} is immutable`, transition: true, holds: (self, old) => self === old }],
});
const requiredOnceSet = (name: string): Rule => ({
  message: `${name} is required once set`,
  transition: true,
  holds: (self, old) => !has(old[name]) || has(self[name]),
});
const exactlyOne = (message: string, a: string, b: string): Rule => ({
  message,
  holds: (self) => has(self[a]) !== has(self[b]),
});
/** `apiVersion`, `kind` and `metadata` are looked at elsewhere. */
const root = (properties: Record<string, Schema>, required: string[] = []): Schema =>
  object({ apiVersion: string, kind: string, metadata: anything, ...properties }, { required });

const snapshotError = object({ message: string, time: string });
const deletionPolicy: Schema = { type: 'string', enum: ['Delete', 'Retain'] };

export const volumeSnapshot = root(
  {
    spec: object(
      {
        source: object(
          {
            persistentVolumeClaimName: immutable('persistentVolumeClaimName'),
            volumeSnapshotContentName: immutable('volumeSnapshotContentName'),
          },
          {
            rules: [
              requiredOnceSet('persistentVolumeClaimName'),
              requiredOnceSet('volumeSnapshotContentName'),
              exactlyOne(
                'exactly one of volumeSnapshotContentName and persistentVolumeClaimName must be set',
                'volumeSnapshotContentName',
                'persistentVolumeClaimName',
              ),
            ],
          },
        ),
        volumeSnapshotClassName: {
          type: 'string',
          rules: [
            {
              message: 'volumeSnapshotClassName must not be the empty string when set',
              holds: (self) => self.length > 0,
            },
          ],
        },
      },
      { required: ['source'] },
    ),
    status: object({
      boundVolumeSnapshotContentName: string,
      creationTime: string,
      error: snapshotError,
      readyToUse: boolean,
      restoreSize: anything, // a quantity: string or integer
      volumeGroupSnapshotName: string,
    }),
  },
  ['spec'],
);

export const volumeSnapshotContent = root(
  {
    spec: object(
      {
        deletionPolicy,
        driver: string,
        source: object(
          { snapshotHandle: immutable('snapshotHandle'), volumeHandle: immutable('volumeHandle') },
          {
            rules: [
              requiredOnceSet('volumeHandle'),
              requiredOnceSet('snapshotHandle'),
              exactlyOne(
                'exactly one of volumeHandle and snapshotHandle must be set',
                'volumeHandle',
                'snapshotHandle',
              ),
            ],
          },
        ),
        sourceVolumeMode: immutable('sourceVolumeMode'),
        volumeSnapshotClassName: string,
        volumeSnapshotRef: object(
          {
            apiVersion: string,
            fieldPath: string,
            kind: string,
            name: string,
            namespace: string,
            resourceVersion: string,
            uid: string,
          },
          {
            rules: [
              {
                message: 'both spec.volumeSnapshotRef.name and spec.volumeSnapshotRef.namespace must be set',
                holds: (self) => has(self.name) && has(self.namespace),
              },
            ],
          },
        ),
      },
      {
        required: ['deletionPolicy', 'driver', 'source', 'volumeSnapshotRef'],
        rules: [requiredOnceSet('sourceVolumeMode')],
      },
    ),
    status: object({
      creationTime: integer,
      error: snapshotError,
      readyToUse: boolean,
      restoreSize: integer,
      snapshotHandle: string,
      volumeGroupSnapshotHandle: string,
    }),
  },
  ['spec'],
);

export const volumeSnapshotClass = root({ driver: string, deletionPolicy, parameters: anything }, [
  'driver',
  'deletionPolicy',
]);

const typedReference = object({ apiGroup: string, kind: string, name: string }, { required: ['kind', 'name'] });
const conditions = array(object({ type: string, status: string }, { required: ['status', 'type'], open: true }));
const template = object({ metadata: anything, spec: anything });

const backupSpec = object(
  { source: typedReference, type: { type: 'string', enum: ['backup', 'snapshot'], default: 'backup' } },
  { required: ['source'], open: true },
);

export const virtualMachineBackup = root(
  {
    spec: backupSpec,
    status: object(
      {
        source: object({ metadata: anything, spec: object({}, { required: ['template'], open: true }) }),
        sourceUID: string,
        creationTime: string,
        backupTarget: object({ endpoint: string, bucketName: string, bucketRegion: string }),
        csiDriverVolumeSnapshotClassNames: anything,
        error: snapshotError,
        conditions,
        secretBackups: array(object({ name: string }, { open: true })),
        readyToUse: boolean,
        progress: integer,
        volumeBackups: array(
          object(
            {
              name: string,
              volumeName: string,
              csiDriverName: { type: 'string', default: 'driver.longhorn.io' },
              persistentVolumeClaim: template,
              longhornBackupName: string,
              volumeSize: integer,
              progress: integer,
              readyToUse: boolean,
              creationTime: string,
              error: snapshotError,
            },
            { required: ['csiDriverName', 'persistentVolumeClaim', 'volumeName'] },
          ),
        ),
      },
      { required: ['source'] },
    ),
  },
  ['spec'],
);

export const virtualMachineRestore = root(
  {
    spec: object(
      { target: typedReference, virtualMachineBackupName: string, virtualMachineBackupNamespace: string },
      { required: ['target', 'virtualMachineBackupName', 'virtualMachineBackupNamespace'], open: true },
    ),
    status: object({ complete: boolean, conditions }, { open: true }),
  },
  ['spec'],
);

export const harvesterSetting = root({
  customized: boolean,
  default: string,
  source: string,
  status: object({ conditions }),
  value: string,
});

export const scheduleVMBackup = root(
  {
    spec: object(
      { cron: string, maxFailure: integer, retain: integer, suspend: boolean, vmbackup: backupSpec },
      { required: ['cron', 'maxFailure', 'retain', 'vmbackup'], open: true },
    ),
    status: object({ conditions }, { open: true }),
  },
  ['spec'],
);

const reportResult = object(
  {
    source: string,
    policy: string,
    rule: string,
    category: string,
    severity: { type: 'string', enum: ['critical', 'high', 'low', 'medium', 'info'] },
    result: { type: 'string', enum: ['pass', 'fail', 'warn', 'error', 'skip'] },
    scored: boolean,
    message: string,
    timestamp: object({ seconds: integer, nanos: integer }, { required: ['nanos', 'seconds'] }),
    resources: array(anything),
    properties: anything,
  },
  { required: ['policy'] },
);
const reportFields = {
  scope: object({
    apiVersion: string,
    fieldPath: string,
    kind: string,
    name: string,
    namespace: string,
    resourceVersion: string,
    uid: string,
  }),
  summary: object({ pass: integer, fail: integer, warn: integer, error: integer, skip: integer }),
  results: array(reportResult),
};
export const policyReport = root(reportFields);
export const openReport = root({ ...reportFields, source: string });
