/** Who wrote what, from the API server's own audit log. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BedState } from './state.ts';

export interface Write {
  readonly at: string;
  readonly user: string;
  readonly verb: string;
  /** Plural, with the subresource if there is one. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
}

/** Accepted writes since a moment, oldest first; leases and events are not in the log. */
export const writesSince = async (bed: BedState, since: Date): Promise<Write[]> =>
  (await askedSince(bed, since)).filter(({ code }) => code < 300);

/** Writes that RBAC did not allow: somebody asks for more than it says it needs. */
export const forbiddenSince = async (bed: BedState, since: Date): Promise<Write[]> =>
  (await askedSince(bed, since)).filter(({ code }) => code === 403);

async function askedSince(bed: BedState, since: Date): Promise<Write[]> {
  const text = await readFile(join(bed.run, 'logs', 'audit.log'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter((it) => it.stage === 'ResponseComplete' && new Date(it.requestReceivedTimestamp) >= since)
    .map((it) => ({
      at: it.requestReceivedTimestamp,
      user: it.user.username,
      verb: it.verb,
      resource: [it.objectRef?.resource, it.objectRef?.subresource].filter(Boolean).join('/'),
      namespace: it.objectRef?.namespace ?? '',
      name: it.objectRef?.name ?? '',
      code: it.responseStatus.code,
    }));
}
