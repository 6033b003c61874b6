import type { SeenReport } from './records.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { CLASS_SETTING, FIELD_MANAGER, MANAGED_BY_LABEL } from '../../shared/domain/names.ts';
import type { ConfigFault } from '../../shared/capability/driver-config-faults.ts';
import { faultOfRestoreClass, faultsOf } from '../../shared/capability/driver-config-faults.ts';
import type { SeenClass } from '../../shared/capability/read.ts';
import { readClass, readClusterStorage } from '../../shared/capability/read.ts';
import { clusterReportKindOf, reportNameOf } from '../../shared/chain/reports.ts';
import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Identity } from '../../shared/plan/action.ts';
import { EVENTS_NAMESPACE } from '../../shared/plan/event-text.ts';
import { faultEventName } from './records.ts';

export type Seen = { readonly subject: Ref } & (
  | { readonly is: 'nothing' }
  | ({ readonly is: 'class'; readonly seen: SeenClass } & SeenReport)
  | ({
      readonly is: 'setting';
      readonly about: Identity;
      readonly faults: readonly ConfigFault[];
      /** Fault of the setting that names the VolumeSnapshotClass of restores into another namespace. */
      readonly restoreClass?: ConfigFault | undefined;
      /** Names of the existing Events about the faults. */
      readonly recorded: ReadonlySet<string>;
    } & SeenReport)
);

/**
 * Reads a StorageClass, or Harvester's Setting of CSI drivers, with what decides about it. `nothing` if the object does
 * not exist. What may not be read makes single answers unknown.
 * @throws what the reader throws, except 403 for what decides only single answers
 */
export async function observe(reader: Reader, subject: Ref, nowMs: number): Promise<Seen> {
  if (subject.kind === 'StorageClass') {
    const storageClass = await reader.get('StorageClass', subject.name);
    if (storageClass === undefined || isDeleting(storageClass)) return { subject, is: 'nothing' };
    const seen = await readClass(reader, storageClass, nowMs);
    return { subject, is: 'class', seen, ...(await readReport(reader, storageClass.metadata.uid)) };
  }
  if (subject.kind === 'Setting') {
    const setting = await reader.get('Setting', subject.name);
    if (setting === undefined) return { subject, is: 'nothing' };
    const about = { ...ref('Setting', subject.name), uid: setting.metadata.uid };
    const cluster = await readClusterStorage(reader);
    const faults = faultsOf(cluster);
    const named = (await reader.get('Setting', CLASS_SETTING))?.value ?? undefined;
    const restoreClass = faultOfRestoreClass(named, cluster);
    const recorded = new Set<string>();
    for (const fault of reader.withoutRecords === true ? [] : faults) {
      const name = faultEventName(about.uid, fault);
      if ((await reader.get('Event', name, EVENTS_NAMESPACE)) !== undefined) recorded.add(name);
    }
    return { subject, is: 'setting', about, faults, restoreClass, recorded, ...(await readReport(reader, about.uid)) };
  }
  return { subject, is: 'nothing' };
}

/** Finds the report in a list of Gleaner's own reports: a cached list serves every class of a sweep. */
async function readReport(reader: Reader, uid: string): Promise<SeenReport> {
  const reportKind = reader.withoutRecords === true ? undefined : await clusterReportKindOf(reader);
  if (reportKind === undefined) return {};
  const name = reportNameOf(uid);
  for await (const report of reader.list(reportKind, { labels: { [MANAGED_BY_LABEL]: FIELD_MANAGER } })) {
    if (report.metadata.name === name) return { reportKind, report };
  }
  return { reportKind };
}
