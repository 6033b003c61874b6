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

/** Reads the value of the Setting and keeps nothing of it but these fields. */
export function readTarget(value: unknown): SettingTarget {
  if (value === undefined || value === null || value === '') return { is: 'none' };
  const fields = typeof value === 'string' ? parse(value) : undefined;
  if (fields === undefined) return { is: 'unreadable' };
  // As Harvester has it: a target whose every field is empty is no target.
  if (Object.values(fields).every((field) => !field)) return { is: 'none' };
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const seconds = Number(fields['refreshIntervalInSeconds'] ?? 0);
  return {
    is: 'target',
    type: fields['type'] === 's3' || fields['type'] === 'nfs' ? fields['type'] : 'other',
    endpoint: withoutUser(text('endpoint')),
    bucketName: text('bucketName'),
    bucketRegion: text('bucketRegion'),
    refreshIntervalInSeconds: Number.isFinite(seconds) ? seconds : 0,
    hasKeys: text('accessKeyId') !== '' || text('secretAccessKey') !== '',
  };
}

/** An address may carry a name and a password. */
export const withoutUser = (address: string): string => address.replace(/\/\/[^/]*@/, '//');

function parse(value: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
