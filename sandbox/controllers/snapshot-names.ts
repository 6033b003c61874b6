/** Finalizers and annotations of the snapshot API, shared by its two controllers. */
const prefix = 'snapshot.storage.kubernetes.io';

/** On a VolumeSnapshot, always. */
export const asSourceFinalizer = `${prefix}/volumesnapshot-as-source-protection`;
/** On a VolumeSnapshot bound to a content with policy Delete. */
export const boundFinalizer = `${prefix}/volumesnapshot-bound-protection`;
/** On a bound VolumeSnapshotContent. */
export const contentFinalizer = `${prefix}/volumesnapshotcontent-bound-protection`;
export const beingDeleted = `${prefix}/volumesnapshot-being-deleted`;
export const beingCreated = `${prefix}/volumesnapshot-being-created`;

export const dynamicContentName = (snapshotUid: string) => `snapcontent-${snapshotUid}`;
