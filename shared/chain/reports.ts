import type { Reader } from '../ports/reader.ts';

/** The kinds of report there are, the more widely read first. */
const reportKinds = ['PolicyReport', 'Report'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** Where reports go in this cluster; undefined where no CRD for them is installed. */
export async function reportKindOf(reader: Reader): Promise<ReportKind | undefined> {
  for (const kind of reportKinds) if (await reader.serves(kind)) return kind;
  return undefined;
}

const PREFIX = 'gleaner-';

/** Where reports about what is in no namespace go. */
const clusterKinds = { PolicyReport: 'ClusterPolicyReport', Report: 'ClusterReport' } as const;
export type ClusterReportKind = (typeof clusterKinds)[ReportKind];

export async function clusterReportKindOf(reader: Reader): Promise<ClusterReportKind | undefined> {
  const kind = await reportKindOf(reader);
  return kind === undefined ? undefined : clusterKinds[kind];
}

/** A report is named after its object's uid, so that a name that comes again begins a new one. */
export const reportNameOf = (uid: string): string => `${PREFIX}${uid}`;

export const uidReported = (reportName: string): string | undefined =>
  reportName.startsWith(PREFIX) ? reportName.slice(PREFIX.length) : undefined;
