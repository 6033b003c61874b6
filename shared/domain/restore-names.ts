/** The names of the pair that Harvester makes for one volume of a restore into another namespace. */
export const restoreSnapshotName = (restore: string, entryName: string): Promise<string> =>
  joined('restore', restore, entryName);
export const restoreContentName = (namespace: string, restore: string, entryName: string): Promise<string> =>
  joined('restore', namespace, restore, entryName);

/** As rancher/wrangler's `SafeConcatName` joins: from 64 characters on cut, with the beginning of a SHA-256 behind it. */
async function joined(...parts: readonly string[]): Promise<string> {
  const full = parts.join('-');
  if (full.length < 64) return full;
  // Of the platform itself: a module of its own would have to be loaded by every function that starts.
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(full));
  const hex = Buffer.from(digest).toString('hex');
  return /[a-z0-9]/.test(full.charAt(56))
    ? `${full.slice(0, 57)}-${hex.slice(0, 5)}`
    : `${full.slice(0, 56)}-${hex.slice(0, 6)}`;
}
