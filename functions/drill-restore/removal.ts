import { describeRef, ref } from '../../shared/domain/kinds.ts';
import * as names from '../../shared/domain/names.ts';
import { isDeleting } from '../../shared/chain/judge.ts';
import type { Claim, Content, Pod } from '../../shared/objects/types.ts';
import type { Action } from '../../shared/plan/action.ts';
import type { Made } from './observe.ts';

/**
 * The next steps of removing what drills made, in this order: pods and claims; once they are gone, snapshots; once those
 * are gone, contents. A content that is not on Retain is put there first. The writer reads each once more.
 */
export function removal(made: Made): Action[] {
  const inUse = [...made.pods.map((pod) => ['Pod', pod] as const), ...made.claims.map((c) => [CLAIM, c] as const)];
  const disarm = made.contents.filter(({ spec }) => spec.deletionPolicy !== 'Retain').map(toRetain);
  if (inUse.length > 0) {
    return [
      ...disarm,
      ...inUse.filter(([, object]) => !isDeleting(object)).map(([kind, object]) => remove(kind, object)),
    ];
  }
  if (made.snapshots.length > 0) {
    const deletions = made.snapshots
      .filter((snapshot) => !isDeleting(snapshot))
      .map((snapshot): Action => {
        const { uid, resourceVersion } = snapshot.metadata;
        const name = snapshot.spec.source.volumeSnapshotContentName ?? '';
        const content = made.contents.find((one) => one.metadata.name === name);
        const target = {
          ...ref('VolumeSnapshot', snapshot.metadata.name, snapshot.metadata.namespace),
          uid,
          resourceVersion,
        };
        return {
          do: 'deleteSnapshot',
          target,
          content: { name, ...(content !== undefined && { uid: content.metadata.uid }) },
        };
      });
    return [...disarm, ...deletions];
  }
  const deletions = made.contents
    .filter((content) => !isDeleting(content))
    .map(({ metadata }): Action => ({
      do: 'deleteContent',
      target: { ...ref('VolumeSnapshotContent', metadata.name), uid: metadata.uid },
    }));
  return [...disarm, ...deletions];
}

const CLAIM = 'PersistentVolumeClaim';

const remove = (kind: 'Pod' | typeof CLAIM, { metadata }: Claim | Pod): Action => ({
  do: 'deleteDrilled',
  target: { kind, name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
  drill: metadata.labels?.[names.DRILL_LABEL] ?? '',
});

const toRetain = ({ metadata, spec }: Content): Action => ({
  do: 'setPolicy',
  target: {
    ...ref('VolumeSnapshotContent', metadata.name),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  },
  from: spec.deletionPolicy,
  to: 'Retain',
});

/** What is still there, for people. */
export const describeMade = ({ pods, claims, snapshots, contents }: Made): string[] => [
  ...pods.map(({ metadata: { name, namespace } }) => describeRef(ref('Pod', name, namespace))),
  ...claims.map(({ metadata: { name, namespace } }) => describeRef(ref(CLAIM, name, namespace))),
  ...snapshots.map(({ metadata: { name, namespace } }) => describeRef(ref('VolumeSnapshot', name, namespace))),
  ...contents.map(({ metadata: { name } }) => describeRef(ref('VolumeSnapshotContent', name))),
];

export const isEmpty = (made: Made): boolean => describeMade(made).length === 0;
