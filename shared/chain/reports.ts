import type { Reader } from '../ports/reader.ts';

/** The report kinds, the more widely used first. */
const reportKinds = ['PolicyReport', 'Report'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** The report kind of this cluster; `undefined` if no CRD for reports is installed. */
export async function reportKindOf(reader: Reader): Promise<ReportKind | undefined> {
  for (const kind of reportKinds) if (await reader.serves(kind)) return kind;
  return undefined;
}

const PREFIX = 'gleaner-';

/** Report kinds for cluster-scoped objects. */
const clusterKinds = { PolicyReport: 'ClusterPolicyReport', Report: 'ClusterReport' } as const;
export type ClusterReportKind = (typeof clusterKinds)[ReportKind];

/** The report kind for cluster-scoped objects; `undefined` if no CRD for reports is installed. */
export async function clusterReportKindOf(reader: Reader): Promise<ClusterReportKind | undefined> {
  const kind = await reportKindOf(reader);
  return kind === undefined ? undefined : clusterKinds[kind];
}

/** A report is named after its object's uid, so that an object recreated under the same name gets a new report. */
export const reportNameOf = (uid: string): string => `${PREFIX}${uid}`;

/** The uid in a report's name; `undefined` for reports of other tools. */
export const uidReported = (reportName: string): string | undefined =>
  reportName.startsWith(PREFIX) ? reportName.slice(PREFIX.length) : undefined;
