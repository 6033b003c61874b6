/** Names of the pair that Harvester creates for one volume of a restore into another namespace. */
export const restoreSnapshotName = (restore: string, entryName: string): Promise<string> =>
  joined('restore', restore, entryName);
export const restoreContentName = (namespace: string, restore: string, entryName: string): Promise<string> =>
  joined('restore', namespace, restore, entryName);

/**
 * Joins like rancher/wrangler's `SafeConcatName`: from 64 characters on, cut and followed by the start of a SHA-256.
 */
async function joined(...parts: readonly string[]): Promise<string> {
  const full = parts.join('-');
  if (full.length < 64) return full;
  // The platform's global: importing node:crypto would slow every start.
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(full));
  const hex = Buffer.from(digest).toString('hex');
  return /[a-z0-9]/.test(full.charAt(56))
    ? `${full.slice(0, 57)}-${hex.slice(0, 5)}`
    : `${full.slice(0, 56)}-${hex.slice(0, 6)}`;
}
