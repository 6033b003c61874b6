import type { ProbeStep } from '../capability/probe-note.ts';
import * as names from '../domain/names.ts';
import type { SeenProbe } from './observe.ts';

/** How far a probe has come: the step it is at. */
export type Progress =
  | { readonly is: 'missing' | 'waiting'; readonly step: ProbeStep; readonly waits: string }
  | { readonly is: 'failed'; readonly step: ProbeStep; readonly why: string; readonly refused?: true }
  | { readonly is: 'done' };

export function progressOf(probe: SeenProbe, { image }: { readonly image?: string | undefined }): Progress {
  return provisioning(probe, image) ?? snapshotting(probe) ?? restoring(probe, image);
}

function provisioning({ source, said, seen, made }: SeenProbe, image: string | undefined): Progress | undefined {
  if (source?.status?.phase === 'Bound') return undefined;
  if (source?.status?.phase === 'Lost')
    return { is: 'failed', step: 'provision', why: 'its claim has lost its volume' };
  const late = seen?.storageClass.volumeBindingMode === 'WaitForFirstConsumer' && image !== undefined;
  const pod = made.pods.some(({ metadata }) => metadata.name === source?.metadata.name);
  if (late && !pod) return { is: 'missing', step: 'provision', waits: 'a pod uses its claim' };
  return { is: 'waiting', step: 'provision', waits: `its volume is provisioned${said ?? ''}` };
}

function snapshotting({ snapshot, content }: SeenProbe): Progress | undefined {
  if (snapshot === undefined) return { is: 'missing', step: 'snapshot', waits: 'a snapshot is taken' };
  if (snapshot.status?.readyToUse === true) return undefined;
  const error = content?.status?.error?.message ?? snapshot.status?.error?.message ?? '';
  if (/\bcode = Unimplemented\b/.test(error)) return { is: 'failed', step: 'snapshot', why: error, refused: true };
  const who = content === undefined ? 'the snapshot controller' : 'the csi-snapshotter';
  return { is: 'waiting', step: 'snapshot', waits: `its snapshot is ready${quoted(who, error)}` };
}

function restoring({ restored, said, volume, seen, made }: SeenProbe, image: string | undefined): Progress {
  if (restored === undefined) return { is: 'missing', step: 'restore', waits: 'a volume is made from the snapshot' };
  if (restored.status?.phase === 'Lost') return { is: 'failed', step: 'restore', why: 'its claim has lost its volume' };
  if (restored.status?.phase !== 'Bound') {
    const late = seen?.storageClass.volumeBindingMode === 'WaitForFirstConsumer' && image !== undefined;
    const pod = made.pods.some(({ metadata }) => metadata.name === restored.metadata.name);
    if (late && !pod) return { is: 'missing', step: 'restore', waits: 'a pod uses its claim' };
    return { is: 'waiting', step: 'restore', waits: `a volume is made from its snapshot${said ?? ''}` };
  }
  if (seen?.driver !== names.LONGHORN_DRIVER) return { is: 'done' };
  // Longhorn hands the volume out at once and copies the data while it waits.
  switch (volume?.status?.cloneStatus?.state) {
    case 'completed':
      return { is: 'done' };
    case 'failed':
      return { is: 'failed', step: 'restore', why: 'Longhorn says that copying the data failed' };
    default:
      return { is: 'waiting', step: 'restore', waits: 'Longhorn has copied the data' };
  }
}

const quoted = (who: string, said: string | undefined): string => (said ? `; ${who} says: ${said}` : '');
