/**
 * The truth about the backup target: which backups still have data there, and every one that was ever erased.
 * Custom resources can lie; a test that wants to know whether something was lost asks here.
 *
 * What it does not do: blocks, compression, incremental chains. A backup is there as a whole or not at all.
 */
export interface StoredBackup {
  volume: string;
  backup: string;
  sizeBytes: number;
  createdAt: string;
}

export interface Loss {
  volume: string;
  backup: string;
  at: string;
  /** How it came to be erased, e.g. `DeleteSnapshot bs://web-disk/backup-1` or `Backup deleted by admin`. */
  by: string;
}

export class BackupStore {
  #backups = new Map<string, StoredBackup>();
  /** Harvester's files: `harvester/vmbackups/<namespace>/<name>.cfg` → JSON text. */
  readonly metadata = new Map<string, string>();
  readonly losses: Loss[] = [];
  /** Set by Longhorn: makes the custom resources of a backup that was put here. */
  announce: ((volume: string, backup: string) => Promise<void>) | undefined;

  backups(): StoredBackup[] {
    return [...this.#backups.values()];
  }

  has(volume: string, backup: string): boolean {
    return this.#backups.has(`${volume}/${backup}`);
  }

  hasVolume(volume: string): boolean {
    return this.backups().some((stored) => stored.volume === volume);
  }

  /** A backup on the target together with its custom resources, as if it had always been there. */
  async add(volume: string, backup: string): Promise<void> {
    this.put(volume, backup);
    await this.announce?.(volume, backup);
  }

  /** The data only. */
  put(volume: string, backup: string, sizeBytes = 10 * 2 ** 30): void {
    if (this.has(volume, backup)) return;
    this.#backups.set(`${volume}/${backup}`, { volume, backup, sizeBytes, createdAt: new Date().toISOString() });
  }

  erase(volume: string, backup: string, by: string): void {
    if (!this.#backups.delete(`${volume}/${backup}`)) return;
    this.losses.push({ volume, backup, at: new Date().toISOString(), by });
  }
}
