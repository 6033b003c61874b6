import * as names from '../domain/names.ts';
import type { Reader } from '../kube/ports.ts';
import type { Claim, Content, StorageClass } from '../objects/types.ts';
import { attempt } from './attempt.ts';
import type { Notes } from './notes.ts';
import type { Probed } from './probed.ts';
import { parseProbed } from './probed.ts';
import { isFound } from './types.ts';

/** What has been seen to work, or to fail, whatever anything says of itself. */
export interface Evidence {
  /** `refused`: the driver says that it does not implement snapshots. */
  readonly snapshots?: 'ready' | 'failed' | 'refused';
  /** The content that shows it. */
  readonly content?: string;
  readonly cloned?: boolean;
  /** The probe that shows it. */
  readonly probed?: Probed;
}

/** Evidence is looked for, not counted: a cluster may have a hundred thousand contents. */
const MOST_LOOKED_AT = 2_000;

/**
 * Of Longhorn nothing is asked that is not known. What the class has on it stands: a storage does not unlearn because the
 * snapshot is deleted that showed it.
 */
export async function readEvidence(
  reader: Reader,
  storageClass: StorageClass,
  noted: Notes,
  hasClass: boolean,
): Promise<Evidence> {
  const driver = storageClass.provisioner ?? '';
  const isLonghorn = driver === names.LONGHORN_DRIVER;
  const cloned =
    noted.can.clone?.reason === 'CloneSeen' ||
    (!(isLonghorn && engineOf(storageClass) === 'v1') && (await hasClone(reader, storageClass.metadata.name)));
  const probed = parseProbed(storageClass.metadata.annotations);
  if (probed?.result === 'proved') return { snapshots: 'ready', probed, cloned };
  // What was tried says more than an older note; a snapshot that became ready says more than what was tried.
  const tried = probed === undefined || probed.step === 'provision' ? undefined : shownByProbe(probed);
  if (isLonghorn) return { ...tried, cloned };
  if (tried === undefined && noted.can.snapshot?.reason === 'SnapshotSeen') return { snapshots: 'ready', cloned };
  const shown = hasClass ? await snapshotsOf(reader, driver) : {};
  return { ...(shown.snapshots === 'ready' ? shown : (tried ?? shown)), cloned };
}

const shownByProbe = (probed: Probed): Evidence => ({
  snapshots: probed.result === 'refused' ? 'refused' : 'failed',
  probed,
});

/** Longhorn makes volumes of its first engine where a class does not say. */
export const engineOf = ({ parameters }: Pick<StorageClass, 'parameters'>): 'v1' | 'v2' =>
  parameters.dataEngine === 'v2' ? 'v2' : 'v1';

/** What a content of a snapshot that was taken here shows; those made for an existing snapshot are always ready. */
export function shownBy({ spec, status, metadata }: Content): Pick<Evidence, 'snapshots' | 'content'> | undefined {
  if (!spec.source.volumeHandle) return undefined;
  const content = metadata.name;
  if (status?.readyToUse === true) return { snapshots: 'ready', content };
  const error = status?.error?.message ?? '';
  if (error === '') return undefined;
  return { snapshots: /\bcode = Unimplemented\b/.test(error) ? 'refused' : 'failed', content };
}

/** Whether it was made from another volume, and has got its data. */
export const isClone = ({ spec, status }: Claim): boolean =>
  spec.dataSource?.kind === 'PersistentVolumeClaim' && status?.phase === 'Bound';

async function snapshotsOf(reader: Reader, driver: string): Promise<Evidence> {
  let worst: Evidence = {};
  const looked = await attempt(async () => {
    for await (const content of some(reader.list('VolumeSnapshotContent'))) {
      const shown = content.spec.driver === driver ? shownBy(content) : undefined;
      if (shown?.snapshots === 'ready') return shown;
      if (shown !== undefined && worst.snapshots !== 'refused') worst = shown;
    }
    return undefined;
  });
  return isFound(looked) && looked.found !== undefined ? looked.found : worst;
}

async function hasClone(reader: Reader, storageClass: string): Promise<boolean> {
  const looked = await attempt(async () => {
    for await (const claim of some(reader.list('PersistentVolumeClaim'))) {
      if (claim.spec.storageClassName === storageClass && isClone(claim)) return true;
    }
    return false;
  });
  return isFound(looked) && looked.found;
}

async function* some<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let left = MOST_LOOKED_AT;
  for await (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}
