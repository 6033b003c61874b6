import * as names from '../domain/names.ts';
import { attempt, isFound } from '../ports/attempt.ts';
import type { Reader } from '../ports/reader.ts';
import type { Claim, Content, StorageClass } from '../objects/types.ts';
import type { VolumeMode } from './volume-mode.ts';
import { modeForDisks, otherMode, volumeModes } from './volume-mode.ts';
import type { Notes } from './notes.ts';
import type { Probed } from './probe-note.ts';
import { probedAs } from './probe-note.ts';

/** What has been observed to work or to fail. */
export interface Evidence {
  /** `refused`: the driver does not implement snapshots. */
  readonly snapshots?: 'ready' | 'failed' | 'refused';
  /** Name of the content that shows it, and the mode of its volume if it is recorded. */
  readonly content?: string;
  readonly mode?: VolumeMode;
  readonly cloned?: boolean;
  /** The probe that shows it. */
  readonly probed?: Probed;
}

/** Contents read at most: one is enough as evidence, and a cluster may have a hundred thousand. */
const MOST_LOOKED_AT = 2_000;

/**
 * The evidence about volumes of this mode. Contents of Longhorn are not read, since its support is known. Evidence that
 * the annotations of the class record stays valid after the snapshot is deleted; it holds for the mode of VM disks.
 * @throws what the reader throws
 */
export async function readEvidence(
  reader: Reader,
  storageClass: StorageClass,
  { noted, hasClass, mode }: { readonly noted: Notes; readonly hasClass: boolean; readonly mode: VolumeMode },
): Promise<Evidence> {
  const driver = storageClass.provisioner ?? '';
  const isLonghorn = driver === names.LONGHORN_DRIVER;
  const cloned =
    noted.can.clone?.reason === 'CloneSeen' ||
    (!(isLonghorn && engineOf(storageClass) === 'v1') && (await hasClone(reader, storageClass.metadata.name)));
  const { annotations } = storageClass.metadata;
  const probed = probedAs(annotations, mode);
  if (probed?.result === 'proved') return { snapshots: 'ready', probed, cloned };
  // A driver that does not implement the call does so for either mode: the call does not contain it.
  const other = probedAs(annotations, otherMode(mode));
  const refused = other?.result === 'refused' ? other : undefined;
  // A probe outweighs an older annotation; a snapshot that became ready outweighs a failed probe.
  const last = probed === undefined || probed.step === 'provision' ? refused : probed;
  const tried = last && shownByProbe(last);
  if (isLonghorn) return { ...tried, cloned };
  if (tried === undefined && mode === modeForDisks(storageClass) && noted.can.snapshot?.reason === 'SnapshotSeen')
    return { snapshots: 'ready', cloned };
  const shown = hasClass ? await snapshotsOf(reader, driver, mode) : {};
  return { ...(shown.snapshots === 'ready' ? shown : (tried ?? shown)), cloned };
}

const shownByProbe = (probed: Probed): Evidence => ({
  snapshots: probed.result === 'refused' ? 'refused' : 'failed',
  probed,
});

/** The Longhorn engine of a class; default v1. */
export const engineOf = ({ parameters }: Pick<StorageClass, 'parameters'>): 'v1' | 'v2' =>
  parameters.dataEngine === 'v2' ? 'v2' : 'v1';

/** The evidence in a dynamic content; undefined for a pre-provisioned one, which is always ready. */
export function evidenceIn({
  spec,
  status,
  metadata,
}: Content): Pick<Evidence, 'snapshots' | 'content' | 'mode'> | undefined {
  if (!spec.source.volumeHandle) return undefined;
  const mode = volumeModes.find((one) => one === spec.sourceVolumeMode);
  const content = { content: metadata.name, ...(mode !== undefined && { mode }) };
  if (status?.readyToUse === true) return { snapshots: 'ready', ...content };
  const error = status?.error?.message ?? '';
  if (error === '') return undefined;
  return { snapshots: /\bcode = Unimplemented\b/.test(error) ? 'refused' : 'failed', ...content };
}

/**
 * Whether the evidence is about volumes of this mode. Old snapshot controllers and Harvester's writes drop the mode.
 */
export const concerns = ({ snapshots, mode }: Pick<Evidence, 'snapshots' | 'mode'>, asked: VolumeMode): boolean =>
  snapshots === 'refused' || mode === undefined || mode === asked;

/** Whether the claim is a bound clone of another volume. */
export const isClone = ({ spec, status }: Claim): boolean =>
  spec.dataSource?.kind === 'PersistentVolumeClaim' && status?.phase === 'Bound';

async function snapshotsOf(reader: Reader, driver: string, mode: VolumeMode): Promise<Evidence> {
  let worst: Evidence = {};
  const looked = await attempt(async () => {
    for await (const content of some(reader.list('VolumeSnapshotContent'))) {
      const shown = content.spec.driver === driver ? evidenceIn(content) : undefined;
      if (shown === undefined || !concerns(shown, mode)) continue;
      if (shown.snapshots === 'ready') return shown;
      if (worst.snapshots !== 'refused') worst = shown;
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
