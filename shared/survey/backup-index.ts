import type { Backup } from '../objects/types.ts';
import type { BackupTrouble } from '../chain/longhorn-backup.ts';
import { isBeingPulled, isOnTarget, judgeBackup } from '../chain/longhorn-backup.ts';
import { judgeUnclaimedBackup } from '../chain/orphans.ts';
import { hash, NameTable } from './name-table.ts';

/**
 * One 32-bit number per healthy backup: bit 0 present, 1 held, 2 named by a content, 3 recorded by a VMBackup, bits
 * 4–31 hash of the volume.
 */
const known = { there: 1, held: 2, claimed: 4, recorded: 8 } as const;
const volumeBits = (volume: string): number => ((hash(volume) << 4) | known.there) >>> 0;

/**
 * What a survey remembers of Longhorn's Backups: 16 bytes a slot for healthy ones, a reason and a message only for
 * those in trouble. One of the tables that save 64 MiB in a large scan (see {@link NameTable}).
 */
export class BackupIndex {
  /** The number is the minute (Unix time) at which its data was taken, rounded up; 0 if Longhorn does not say. */
  readonly #healthy = new NameTable({ numbers: 1 });
  readonly #troubled = new Map<string, BackupTrouble>();
  readonly #claimedTroubled = new Set<string>();
  /** Backups that more than one content on Delete names. */
  readonly shared = new Set<string>();
  /** Found on the target and not read yet, neither stuck nor in deletion, that no VMBackup has recorded yet. */
  readonly #pulled = new Set<string>();
  /** Healthy ones on Harvester's target that no VMBackup has recorded yet; foreign ones do not count. */
  #unrecorded = 0;
  /** The same, of those in trouble: complete as they are, Harvester may take them for new. */
  readonly #troubledUnrecorded = new Set<string>();
  readonly #elsewhere = new Set<string>();
  /** Made by a recurring job or by hand: no VMBackup will ever record them. */
  readonly #foreign = new Set<string>();

  add(backup: Backup, nowMs: number): void {
    const { name } = backup.metadata;
    const facts = judgeBackup(name, backup);
    if ('reason' in facts) {
      this.#troubled.set(name, facts);
      if (isBeingPulled(backup, nowMs)) this.#pulled.add(name);
      else if (isOnTarget(backup) && judgeUnclaimedBackup(backup)?.reason !== 'ForeignBackup')
        this.#troubledUnrecorded.add(name);
    } else {
      const minutes = Math.max(0, Math.ceil((facts.takenMs ?? 0) / 60_000));
      this.#healthy.add(name, volumeBits(facts.volume));
      this.#healthy.note(name, minutes);
      if (!isOnTarget(backup)) this.#elsewhere.add(name);
      else if (judgeUnclaimedBackup(backup)?.reason === 'ForeignBackup') this.#foreign.add(name);
      else this.#unrecorded++;
    }
  }

  addUnreadable(name: string, issue: string): void {
    this.#troubled.set(name, { reason: 'ObjectUnreadable', detail: `Longhorn Backup ${name} is unreadable: ${issue}` });
  }

  /** A content names it: it is no orphan. */
  claim(backup: string): void {
    this.#mark(backup, known.claimed);
  }

  /** A VMBackup records it: like {@link record}, and reading it from the target finds nothing new. */
  recordUse(backup: string): void {
    this.record(backup);
    this.#pulled.delete(backup);
  }

  /** A VMBackup records it, or it is not a VMBackup's: no scan of the target will find it new. */
  record(backup: string): void {
    const before = this.#mark(backup, known.claimed | known.recorded);
    if (before !== 0 && (before & known.recorded) === 0 && !this.isElsewhere(backup) && !this.#isForeign(backup))
      this.#unrecorded--;
    this.#troubledUnrecorded.delete(backup);
  }

  /** How many Longhorn has found on the target and not read yet, that no VMBackup has recorded yet. */
  get beingPulled(): number {
    return this.#pulled.size;
  }

  /** How many finished Backups on Harvester's target no VMBackup has recorded yet; foreign ones do not count. */
  get unrecorded(): number {
    return this.#unrecorded + this.#troubledUnrecorded.size;
  }

  #mark(backup: string, bits: number): number {
    const before = this.#healthy.mark(backup, bits);
    if (before === 0 && this.#troubled.has(backup)) this.#claimedTroubled.add(backup);
    return before;
  }

  isClaimed(backup: string): boolean {
    return (this.#healthy.get(backup) & known.claimed) !== 0 || this.#claimedTroubled.has(backup);
  }

  hasUnclaimed(): boolean {
    return (
      this.#claimedTroubled.size < this.#troubled.size || this.#healthy.some((value) => (value & known.claimed) === 0)
    );
  }

  /** When its data was taken, rounded up to the minute; undefined if that is not known or the backup is in trouble. */
  takenMs(backup: string): number | undefined {
    const minutes = this.#healthy.numberOf(backup);
    return minutes === 0 ? undefined : minutes * 60_000;
  }

  /** Whether the backup is healthy and of this Longhorn volume. May say yes of another volume once in 2^28. */
  isOf(backup: string, volume: string): boolean {
    return (this.#healthy.get(backup) & ~(known.held | known.claimed | known.recorded)) >>> 0 === volumeBits(volume);
  }

  /** On a target that Harvester does not use. */
  isElsewhere(backup: string): boolean {
    return this.#elsewhere.size > 0 && this.#elsewhere.has(backup);
  }

  #isForeign(backup: string): boolean {
    return this.#foreign.size > 0 && this.#foreign.has(backup);
  }

  /** A content on Delete names it; the second one puts it among the `shared`. */
  hold(backup: string): void {
    if ((this.#healthy.mark(backup, known.held) & known.held) !== 0) this.shared.add(backup);
  }

  /** Undefined for a healthy backup. */
  troubleOf(backup: string): BackupTrouble | undefined {
    if (this.#healthy.get(backup) !== 0) return undefined;
    const trouble = this.#troubled.get(backup) ?? judgeBackup(backup, undefined);
    return 'reason' in trouble ? trouble : undefined;
  }
}
