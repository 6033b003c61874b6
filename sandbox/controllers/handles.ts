/** Snapshot handles as Longhorn's CSI driver reads and writes them: lenient where it is lenient. */
export interface Handle {
  /** `bak`, `snap`, `bi`, or whatever stood there; empty when undecodable. */
  type: string;
  volume: string;
  id: string;
}

export function decodeHandle(handle: string): Handle {
  const [scheme, rest] = handle.split('://');
  if (rest === undefined || scheme === undefined) return { type: '', volume: '', id: '' };
  const type = scheme === 'bs' ? 'bak' : scheme;
  if (type === 'bi') return { type, volume: '', id: '' };
  const [volume, id] = rest.split('/');
  if (id === undefined) return { type: '', volume: '', id: '' };
  return { type, volume: volume ?? '', id };
}

export const encodeHandle = (type: 'bak' | 'snap', volume: string, id: string) => `${type}://${volume}/${id}`;
