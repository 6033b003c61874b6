import { describe, expect, test } from '@jest/globals';
import { schemas } from '../../../shared/objects/schemas.ts';
import type { Amount, Limited } from '../../../shared/scratch/quota.ts';
import {
  amountsOfClaims,
  amountsOfPods,
  breaches,
  headrooms,
  isShort,
  limitedClaim,
  withDefaults,
} from '../../../shared/scratch/quota.ts';

/** What a namespace has room for, as Kubernetes counts it. The rows in which everything fits come first. */

const GIB = 2 ** 30;
const metadata = { name: 'tight', namespace: 'scratch', uid: 'u', resourceVersion: '1' };
const quota = (fields: object) => schemas.ResourceQuota.parse({ metadata, ...fields });
const range = (...limits: object[]) => schemas.LimitRange.parse({ metadata, spec: { limits } });
const claim = { storageClass: 'fast', bytes: 10 * GIB };
const requests = { cpu: '100m', memory: '64Mi' };
const limits = { cpu: '500m', memory: '128Mi' };
const pods = (count: number) => amountsOfPods(count, requests, limits);

describe('a quota', () => {
  const short = (fields: object, wanted: readonly Amount[]) =>
    headrooms([quota(fields)], wanted)
      .filter(isShort)
      .map(({ what, left, amount }) => [what, left, amount]);

  test.each<[when: string, fields: object, wanted: readonly Amount[]]>([
    ['limits nothing', {}, pods(1)],
    ['limits something else', { spec: { hard: { services: '0' } } }, [...amountsOfClaims([claim]), ...pods(1)]],
    [
      'has as much as is wanted, in tenths of a core',
      { status: { hard: { cpu: '300m' }, used: { cpu: '200m' } } },
      amountsOfPods(1, { cpu: '100m' }),
    ],
    ['has as much as is wanted', { spec: { hard: { 'requests.storage': '20Gi' } } }, amountsOfClaims([claim, claim])],
    ['is overdrawn, and nothing more is wanted', { status: { hard: { pods: 1 }, used: { pods: 2 } } }, [['pods', 0]]],
    [
      'was widened, and the status says so',
      { spec: { hard: { pods: '0' } }, status: { hard: { pods: '1' } } },
      amountsOfPods(1),
    ],
    [
      'is of another class',
      { spec: { hard: { 'slow.storageclass.storage.k8s.io/requests.storage': 0 } } },
      amountsOfClaims([claim]),
    ],
    [
      'is of a class, and the claim names none',
      { spec: { hard: { 'fast.storageclass.storage.k8s.io/requests.storage': 0 } } },
      amountsOfClaims([{ bytes: GIB }]),
    ],
    ['is for pods that end', { spec: { hard: { pods: '0' }, scopes: ['Terminating'] } }, pods(1)],
    ['is for pods without limits', { spec: { hard: { 'requests.cpu': '0' }, scopes: ['BestEffort'] } }, pods(1)],
    [
      'is for pods of a priority',
      { spec: { hard: { memory: '0' }, scopeSelector: { matchExpressions: [] } } },
      pods(1),
    ],
  ])('that %s has room', (_when, fields, wanted) => {
    expect(short(fields, wanted)).toEqual([]);
  });

  test.each<[when: string, fields: object, wanted: readonly Amount[], short: unknown[]]>([
    [
      'of bytes adds claims up',
      { spec: { hard: { 'requests.storage': '19Gi' } } },
      amountsOfClaims([claim, claim]),
      ['requests.storage', 19 * GIB, 20 * GIB],
    ],
    [
      'that is in use',
      { status: { hard: { 'requests.storage': '19Gi' }, used: { 'requests.storage': '10Gi' } } },
      amountsOfClaims([claim]),
      ['requests.storage', 9 * GIB, 10 * GIB],
    ],
    [
      'that is overdrawn leaves nothing',
      { status: { hard: { pods: '1' }, used: { pods: '3' } } },
      pods(1),
      ['pods', 0, 1],
    ],
    [
      'that was narrowed, as the status says',
      { spec: { hard: { pods: '2' } }, status: { hard: { pods: '1' } } },
      pods(2),
      ['pods', 1, 2],
    ],
    [
      'of a class',
      { spec: { hard: { 'fast.storageclass.storage.k8s.io/persistentvolumeclaims': 1 } } },
      amountsOfClaims([claim, claim]),
      ['fast.storageclass.storage.k8s.io/persistentvolumeclaims', 1, 2],
    ],
    [
      'of objects',
      { spec: { hard: { 'count/persistentvolumeclaims': '1' } } },
      amountsOfClaims([claim, claim]),
      ['count/persistentvolumeclaims', 1, 2],
    ],
    ['of cores', { spec: { hard: { cpu: '150m' } } }, pods(2), ['cpu', 0.15, 0.2]],
    ['of a thousandth of a core too little', { spec: { hard: { cpu: '199m' } } }, pods(2), ['cpu', 0.199, 0.2]],
    [
      'of a byte too little',
      { spec: { hard: { 'requests.storage': String(2 ** 52 - 1) } } },
      [['requests.storage', 2 ** 52]],
      ['requests.storage', 2 ** 52 - 1, 2 ** 52],
    ],
    ['of requests', { spec: { hard: { 'requests.cpu': '150m' } } }, pods(2), ['requests.cpu', 0.15, 0.2]],
    ['of limits', { spec: { hard: { 'limits.memory': '255Mi' } } }, pods(2), ['limits.memory', 255 * 2 ** 20, GIB / 4]],
    [
      'for pods like ours',
      { spec: { hard: { pods: '0' }, scopes: ['NotTerminating', 'NotBestEffort'] } },
      pods(1),
      ['pods', 0, 1],
    ],
    // Scopes are about pods: claims such a quota counts all the same.
    [
      'for other pods counts claims',
      { spec: { hard: { persistentvolumeclaims: '0' }, scopes: ['Terminating'] } },
      amountsOfClaims([claim]),
      ['persistentvolumeclaims', 0, 1],
    ],
  ])('%s is short', (_when, fields, wanted, expected) => {
    expect(short(fields, wanted)).toEqual([expected]);
  });

  test('is named, one headroom for each amount that it limits', () => {
    const two = [quota({ spec: { hard: { pods: '5' } } }), quota({ spec: { hard: { pods: '6', 'count/pods': '7' } } })];
    expect(headrooms(two, amountsOfPods(2))).toEqual([
      { quota: 'tight', what: 'pods', left: 5, amount: 2 },
      { quota: 'tight', what: 'pods', left: 6, amount: 2 },
      { quota: 'tight', what: 'count/pods', left: 7, amount: 2 },
    ]);
  });
});

describe('a limit range', () => {
  const pod: Limited = { what: 'a pod', type: 'pod', requests, limits };
  const plain: Limited = { ...pod, requests: {}, limits: {} };
  const disk = limitedClaim('a claim', 10 * GIB);
  const said = (object: Limited, ...items: object[]) =>
    breaches([range(...items)], [object]).map(({ rule, resource, allowed, asked }) => [rule, resource, allowed, asked]);

  test.each<[when: string, object: Limited, item: object]>([
    ['is of something else', pod, { type: 'openshift.io/Image', max: { cpu: '1m' } }],
    ['is of claims, and this is a pod', pod, { type: 'PersistentVolumeClaim', min: { cpu: '1' } }],
    ['is of pods, and this is a claim', disk, { type: 'Pod', min: { storage: '1Ti' } }],
    ['allows just as much', disk, { type: 'PersistentVolumeClaim', max: { storage: '10Gi' } }],
    ['wants just as much', disk, { type: 'PersistentVolumeClaim', min: { storage: '10Gi' } }],
    ['writes the same amount otherwise', pod, { type: 'Container', min: { cpu: '0.1' }, max: { cpu: '0.5' } }],
    [
      'allows just that ratio, of thirds',
      { ...pod, requests: { cpu: '3m' }, limits: { cpu: '9m' } },
      { type: 'Pod', maxLimitRequestRatio: { cpu: '3' } },
    ],
    ['allows just that ratio', pod, { type: 'Pod', maxLimitRequestRatio: { cpu: '5', memory: '2' } }],
    ['only has defaults', plain, { type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }],
  ])('that %s is kept', (_when, object, item) => {
    expect(said(object, item)).toEqual([]);
  });

  test.each<[when: string, object: Limited, item: object, breach: unknown[]]>([
    [
      'a claim that is too small',
      disk,
      { type: 'PersistentVolumeClaim', min: { storage: '11Gi' } },
      ['min', 'storage', '11Gi', 10 * GIB],
    ],
    [
      'a claim that is too large',
      disk,
      { type: 'PersistentVolumeClaim', max: { storage: '9Gi' } },
      ['max', 'storage', '9Gi', 10 * GIB],
    ],
    [
      'a claim of an unknown size',
      limitedClaim('a claim', undefined),
      { type: 'PersistentVolumeClaim', max: { storage: '1Ti' } },
      ['max', 'storage', '1Ti', undefined],
    ],
    ['a request that is too low', pod, { type: 'Container', min: { cpu: '101m' } }, ['min', 'cpu', '101m', '100m']],
    ['no request', plain, { type: 'Container', min: { cpu: '1m' } }, ['min', 'cpu', '1m', undefined]],
    ['a limit that is too high', pod, { type: 'Pod', max: { memory: '64Mi' } }, ['max', 'memory', '64Mi', '128Mi']],
    ['no limit', plain, { type: 'Pod', max: { memory: '64Mi' } }, ['max', 'memory', '64Mi', undefined]],
    [
      'a limit far above the request',
      pod,
      { type: 'Container', maxLimitRequestRatio: { cpu: '4' } },
      ['ratio', 'cpu', '4', '500m'],
    ],
    [
      'a ratio of nothing',
      plain,
      { type: 'Container', maxLimitRequestRatio: { cpu: '4' } },
      ['ratio', 'cpu', '4', undefined],
    ],
    [
      'a limit without a request',
      { ...pod, requests: {} },
      { type: 'Container', maxLimitRequestRatio: { cpu: '4' } },
      ['ratio', 'cpu', '4', '500m'],
    ],
  ])('refuses %s', (_when, object, item, breach) => {
    expect(said(object, item)).toEqual([breach]);
  });

  test('fills in for containers what a pod does not name, the first range first', () => {
    const ranges = [
      range({ type: 'Pod', defaultRequest: { cpu: '7' } }, { type: 'Container', default: { cpu: '2', memory: '1Gi' } }),
      range({ type: 'Container', default: { cpu: '3' }, defaultRequest: { cpu: '1' } }),
    ];
    expect(withDefaults({ ...plain, limits: { memory: '64Mi' } }, ranges)).toEqual({
      ...plain,
      requests: { cpu: '1' },
      limits: { cpu: '2', memory: '64Mi' },
    });
  });
});
