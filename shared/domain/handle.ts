/**
 * Longhorn's CSI snapshot handles: `bak://<longhorn volume>/<backup>`, the deprecated spelling `bs://`,
 * `snap://<volume>/<snapshot>` for in-cluster snapshots, and `bi://…` for backing images.
 */
export type Handle = BackupHandle | { kind: 'snapshot'; volume: string; snapshot: string } | OtherHandle;

export interface BackupHandle {
  kind: 'backup';
  /** `bs` is the deprecated spelling that Longhorn reads as `bak`; alone it is no fault. */
  scheme: 'bak' | 'bs';
  /** A Longhorn volume where the handle is right; a claim's name where an older Harvester wrote it. */
  volume: string;
  /** Name of the Longhorn Backup. */
  backup: string;
}

/** A backing image, or a text that none of the known forms fits: never ours to touch. */
interface OtherHandle {
  kind: 'backing-image' | 'unreadable';
  text: string;
}

// Stricter than Longhorn's own decoder, which ignores further segments: what we do not fully understand we leave alone.
const form = /^(bak|bs|snap):\/\/([^/\s]+)\/([^/\s]+)$/;

/** Reads a handle; anything outside the known grammar comes back as `unreadable`, never as an error. */
export function parseHandle(text: string): Handle {
  if (text.startsWith('bi://')) return { kind: 'backing-image', text };
  const match = form.exec(text);
  const [, scheme, volume, id] = match ?? [];
  if (volume === undefined || id === undefined) return { kind: 'unreadable', text };
  if (scheme === 'snap') return { kind: 'snapshot', volume, snapshot: id };
  return { kind: 'backup', scheme: scheme === 'bs' ? 'bs' : 'bak', volume, backup: id };
}

/** The inverse of {@link parseHandle}. @testonly */
export function formatHandle(handle: Handle): string {
  switch (handle.kind) {
    case 'backup':
      return `${handle.scheme}://${handle.volume}/${handle.backup}`;
    case 'snapshot':
      return `snap://${handle.volume}/${handle.snapshot}`;
    case 'backing-image':
    case 'unreadable':
      return handle.text;
  }
}

/** The right handle of a Longhorn backup: the Longhorn volume's name (not the claim's), then the backup's. */
export function backupHandle(volume: string, backup: string): string {
  return formatHandle({ kind: 'backup', scheme: 'bak', volume, backup });
}
