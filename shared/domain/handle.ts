/**
 * Longhorn's CSI snapshot handles: `bak://<longhorn volume>/<backup>`, the deprecated spelling `bs://`,
 * `snap://<volume>/<snapshot>` for in-cluster snapshots, and `bi://…` for backing images.
 */
export type Handle = BackupHandle | { kind: 'snapshot'; volume: string; snapshot: string } | OtherHandle;

export interface BackupHandle {
  kind: 'backup';
  /** `bs` is the deprecated spelling of `bak`, which Longhorn still accepts. By itself it is no error. */
  scheme: 'bak' | 'bs';
  /** The Longhorn volume. In a wrong handle of an older Harvester, the claim's name. */
  volume: string;
  /** Name of the Longhorn Backup. */
  backup: string;
}

/** A backing image, or a text in none of the known forms. Gleaner never changes these. */
interface OtherHandle {
  kind: 'backing-image' | 'unreadable';
  text: string;
}

// Stricter than Longhorn's decoder, which ignores further segments: Gleaner changes only what it fully understands.
const form = /^(bak|bs|snap):\/\/([^/\s]+)\/([^/\s]+)$/;

/** Parses a handle. Never throws: a text outside the known grammar becomes `unreadable`. */
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

/**
 * The correct handle of a Longhorn backup.
 * @param volume name of the Longhorn volume, not of the claim
 */
export function backupHandle(volume: string, backup: string): string {
  return formatHandle({ kind: 'backup', scheme: 'bak', volume, backup });
}
