/** The parsed value of Harvester's setting `backup-target`, without credentials. */
export type SettingTarget =
  | { readonly is: 'none' | 'unreadable' }
  | {
      readonly is: 'target';
      readonly type: 's3' | 'nfs' | 'other';
      readonly endpoint: string;
      readonly bucketName: string;
      readonly bucketRegion: string;
      readonly refreshIntervalInSeconds: number;
      /** Whether the value contains keys. Harvester removes them once Longhorn has them. */
      readonly hasKeys: boolean;
    };

type Field = 'string' | 'boolean' | 'number';
/** The types that Harvester declares. It cannot read a value with a field of another type. Null counts as absent. */
const known: Readonly<Record<string, Field>> = {
  type: 'string',
  endpoint: 'string',
  accessKeyId: 'string',
  secretAccessKey: 'string',
  bucketName: 'string',
  bucketRegion: 'string',
  cert: 'string',
  virtualHostedStyle: 'boolean',
  refreshIntervalInSeconds: 'number',
};

/** Parses the Setting's value and keeps only the fields of {@link SettingTarget}. */
export function readTarget(value: unknown): SettingTarget {
  if (value === undefined || value === null || value === '') return { is: 'none' };
  const fields = typeof value === 'string' ? parse(value) : undefined;
  if (fields === undefined) return { is: 'unreadable' };
  const given = Object.entries(known).flatMap(([name, type]) => {
    const field = fields[name];
    return field === undefined || field === null ? [] : [{ type, field }];
  });
  const isReadable = ({ type, field }: { type: Field; field: unknown }) =>
    typeof field === type && (type !== 'number' || Number.isInteger(field));
  if (!given.every(isReadable)) return { is: 'unreadable' };
  // Harvester treats a target whose fields are all empty as none.
  if (given.every(({ field }) => !field)) return { is: 'none' };
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    is: 'target',
    type: fields['type'] === 's3' || fields['type'] === 'nfs' ? fields['type'] : 'other',
    endpoint: withoutUser(text('endpoint')),
    bucketName: text('bucketName'),
    bucketRegion: text('bucketRegion'),
    refreshIntervalInSeconds: Number(fields['refreshIntervalInSeconds'] ?? 0),
    hasKeys: text('accessKeyId') !== '' || text('secretAccessKey') !== '',
  };
}

/** Removes user name and password from an address. */
export const withoutUser = (address: string): string =>
  address.includes('@') ? address.replace(/^([a-z0-9+.-]+:\/\/)?[^/]*@/i, '$1') : address;

/** As {@link withoutUser} for Longhorn's URL of a target. With s3 and azblob, the part before "@" is the bucket. */
export const urlWithoutUser = (url: string): string => (/^(s3|azblob):\/\//.test(url) ? url : withoutUser(url));

function parse(value: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    if (parsed === null) return {};
    return typeof parsed === 'object' && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
