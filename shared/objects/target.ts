/** What the backup target's Setting points at, without what it takes to get in. */
export type SettingTarget =
  | { readonly is: 'none' | 'unreadable' }
  | {
      readonly is: 'target';
      readonly type: 's3' | 'nfs' | 'other';
      readonly endpoint: string;
      readonly bucketName: string;
      readonly bucketRegion: string;
      readonly refreshIntervalInSeconds: number;
      /** Whether keys stand in it; Harvester takes them out once it has given them to Longhorn. */
      readonly hasKeys: boolean;
    };

type Field = 'string' | 'boolean' | 'number';
/** As Harvester declares them: a field of another type it cannot read, and with it nothing. Null is as good as absent. */
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

/** Reads the value of the Setting and keeps nothing of it but these fields. */
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
  // As Harvester has it: a target whose every field is empty is no target.
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

/** An address may carry a name and a password. */
export const withoutUser = (address: string): string =>
  address.includes('@') ? address.replace(/^([a-z0-9+.-]+:\/\/)?[^/]*@/i, '$1') : address;

/** The same of the URL that Longhorn has of a target; with these stores the bucket stands in that place. */
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
