import { describeRef, refKey } from '../shared/domain/kinds.ts';
import type { AnyFunction } from '../shared/function.ts';
import type { Finding } from '../shared/plan/plan.ts';
import { needsAttention } from '../shared/plan/plan.ts';
import { reasons } from '../shared/plan/reason.ts';
import { findingsOf } from '../shared/runtime/settle.ts';
import { sweepByPage } from '../shared/runtime/sweep.ts';
import { withCluster } from './cluster.ts';
import type { Call, OptionSpec } from './command.ts';
import { exit } from './command.ts';
import { sentenceOf } from './errors.ts';
import { functionsNamed } from './functions.ts';
import type { ClusterOptions, OutputOptions, ScopeOptions, VerboseOptions } from './options.ts';
import { clusterOptions, outputOption, scopeOptions, verboseOption } from './options.ts';
import { openPrinter } from './output/printer.ts';
import type { PolicyOptions } from './policies.ts';
import { configsFrom, policyOptions } from './policies.ts';
import { narrow, parseSelected, scopeOf } from './selection/selection.ts';

export interface ScanOptions extends ClusterOptions, ScopeOptions, OutputOptions, PolicyOptions, VerboseOptions {
  readonly all?: boolean;
}

export const scanOptions: readonly OptionSpec[] = [
  ...scopeOptions,
  { flags: '--all', description: 'also show healthy objects and those that are not Gleaner’s business' },
  outputOption,
  ...policyOptions,
  ...clusterOptions,
  verboseOption,
];

/** The shared part of `scan` and `plan`: one sweep that writes nothing and prints findings as they come. */
export async function scanOrPlan({ args, options, io }: Call<ScanOptions>, kind: 'Scan' | 'Plan'): Promise<number> {
  const functions = functionsNamed(options.function);
  const selected = args.map(parseSelected);
  const configOf = configsFrom(options);
  return withCluster(options, async ({ reader }) => {
    const narrowed = await narrow(functions, reader, options, selected);
    const printer = await openPrinter(kind, options.output, io);
    const isFirstReport = createFirstReport(functions);
    // The wide table also shows recorded facts about healthy items.
    const onHealthy = options.all === true || options.output === 'wide' ? undefined : printer.countWell;
    // Without records, the result does not depend on the permission to read Events.
    const scope = scopeOf(options);
    const sweeping = { functions: narrowed, reader, configOf, scope, records: false, ...(onHealthy && { onHealthy }) };
    try {
      for await (const page of sweepByPage(sweeping)) {
        for (const swept of page) {
          if (swept.kind === 'failure') {
            printer.failure(`${describeRef(swept.subject)}: ${sentenceOf(swept.error)}`);
          }
          for (const finding of findingsOf(swept)) {
            if (!isFirstReport(swept.function, finding)) continue;
            const shown =
              options.all === true ||
              needsAttention(finding) ||
              (kind === 'Scan' && showsConsistency(finding, options));
            const found = { function: swept.function, finding };
            // Most findings are only counted: avoid an `await` for each.
            if (shown) await printer.show(found);
            else printer.count(found);
          }
        }
      }
    } catch (error) {
      // Complete the document that has been printed so far.
      await printer.abort(sentenceOf(error));
      throw error;
    }
    if (!(await reader.serves('VirtualMachineBackup'))) {
      io.err('gleaner: Harvester is not installed on this cluster; only the handles of contents were checked\n');
    }
    const { open, failures } = await printer.end();
    return failures > 0 ? exit.error : open > 0 ? exit.open : exit.ok;
  });
}

/** The wide table shows the recorded consistency of healthy VMBackups. */
const showsConsistency = ({ facts }: Finding, { output }: ScanOptions): boolean =>
  output === 'wide' && facts?.['consistency'] !== undefined && facts['consistency'] !== 'unknown';

/**
 * Several functions check the same objects. An open finding that another function already reported, for the same reason
 * and object, is not repeated. Sweeps report in a fixed order, so the same function comes first each time. For an
 * unreadable object, findings about the volumes that it blocks are repetitions too.
 */
export function createFirstReport(
  functions: readonly Pick<AnyFunction, 'name'>[],
): (by: string, finding: Finding) => boolean {
  const names = new Set(functions.map(({ name }) => name));
  const reportedBy = new Map<string, string>();
  return (by, finding) => {
    if (!needsAttention(finding)) return true;
    const { snapshot, vmbackup, expected = '' } = finding.facts ?? {};
    const reporter = reasons[finding.reason].reportedBy;
    const ofVMBackup = finding.volume !== undefined || vmbackup !== undefined;
    if (reporter !== undefined && reporter !== by && names.has(reporter) && ofVMBackup) return false;
    const unreadable = finding.reason === 'ObjectUnreadable';
    // A wrong handle is reported whatever blocks its repair.
    const key = `${finding.reason} ${(unreadable ? undefined : snapshot) ?? refKey(finding.subject)} ${expected}`;
    const first = reportedBy.get(key);
    if (first !== undefined) return first === by && !unreadable;
    reportedBy.set(key, by);
    return true;
  };
}
