import type { Ref } from '../domain/kinds.ts';
import { ref } from '../domain/kinds.ts';
import { patchCommand, retainCommand, showFinalizersCommand } from '../domain/kubectl.ts';
import { BOUND_CONTENT_FINALIZER } from '../domain/names.ts';
import type { Content } from '../objects/types.ts';
import type { Reason } from '../plan/reason.ts';

/** The links from a volume of a VMBackup to its data. Each can be broken by itself. */
export const linkNames = ['vmbackup', 'snapshot', 'content', 'backup', 'backupvolume', 'target'] as const;
export type LinkName = (typeof linkNames)[number];

/** The judgment of one link of one volume. */
export interface Link {
  readonly link: LinkName;
  /** Name of the volume in the VM. */
  readonly volume: string;
  /** `wait`: not yet; `skip`: does not apply, or cannot be judged because another link is broken. */
  readonly result: 'pass' | 'fail' | 'wait' | 'skip';
  readonly reason: Reason;
  readonly message: string;
  /** The object at fault; if the link passes, the object that was checked. */
  readonly object: Ref;
  /** The command that helps or shows more. */
  readonly command?: string | undefined;
}

export type Judged = Omit<Link, 'link' | 'volume'>;

export const pass = (message: string, object: Ref, reason: Reason = 'LinkSound'): Judged => ({
  result: 'pass',
  reason,
  message,
  object,
});
export const skip = (message: string, object: Ref): Judged => ({
  result: 'skip',
  reason: 'NotVerifiable',
  message,
  object,
});
export const fail = (reason: Reason, message: string, object: Ref, command?: string): Judged => ({
  result: 'fail',
  reason,
  message,
  object,
  command,
});
export const wait = (reason: Reason, message: string, object: Ref): Judged => ({
  result: 'wait',
  reason,
  message,
  object,
});

/**
 * The command that releases a content that hangs in deletion: sets Retain first, then removes the finalizer if it is
 * only the snapshot controller's. For any other finalizer it only shows them.
 */
export function unblockDeletionCommand({ metadata: { name, finalizers }, spec }: Content): string {
  if (spec.deletionPolicy !== 'Retain') return retainCommand(name);
  if (finalizers?.length !== 1 || finalizers[0] !== BOUND_CONTENT_FINALIZER)
    return showFinalizersCommand(ref('VolumeSnapshotContent', name));
  const patch = [
    { op: 'test', path: '/spec/deletionPolicy', value: 'Retain' },
    { op: 'test', path: '/metadata/finalizers', value: finalizers },
    { op: 'remove', path: '/metadata/finalizers' },
  ];
  return patchCommand(ref('VolumeSnapshotContent', name), patch);
}
