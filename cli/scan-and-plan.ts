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

/** What `scan` and `plan` share: one sweep that writes nothing, printed as it goes. */
export async function scanOrPlan({ args, options, io }: Call<ScanOptions>, kind: 'Scan' | 'Plan'): Promise<number> {
  const functions = functionsNamed(options.function);
  const selected = args.map(parseSelected);
  const configOf = configsFrom(options);
  return withCluster(options, async ({ reader }) => {
    const narrowed = await narrow(functions, reader, options, selected);
    const printer = await openPrinter(kind, options.output, io);
    const isNews = createFirstReport(functions);
    // The wide table shows what is on record of what is well.
    const onWell = options.all === true || options.output === 'wide' ? undefined : printer.countWell;
    // Nothing is recorded: whoever may not read Events is shown the same.
    const scope = scopeOf(options);
    const sweeping = { functions: narrowed, reader, configOf, scope, records: false, ...(onWell && { onWell }) };
    try {
      for await (const page of sweepByPage(sweeping)) {
        for (const swept of page) {
          if (swept.kind === 'failure') {
            printer.failure(`${describeRef(swept.subject)}: ${sentenceOf(swept.error)}`);
          }
          for (const finding of findingsOf(swept)) {
            if (!isNews(swept.function, finding)) continue;
            const shown =
              options.all === true ||
              needsAttention(finding) ||
              (kind === 'Scan' && showsConsistency(finding, options));
            const found = { function: swept.function, finding };
            // Most findings of most clusters are not shown, and nothing is to be waited for.
            if (shown) await printer.show(found);
            else printer.count(found);
          }
        }
      }
    } catch (error) {
      // What has been printed so far stays a whole document.
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

/** What is on record of a VMBackup belongs in the wide table, though nothing is to be done about it. */
const showsConsistency = ({ facts }: Finding, { output }: ScanOptions): boolean =>
  output === 'wide' && facts?.['consistency'] !== undefined && facts['consistency'] !== 'unknown';

/**
 * Several functions look at the same objects. What one has said, for the same reason and about the same thing, is not
 * said again in another's name; only what is open is remembered. A sweep tells in the same order each time, so it is the
 * same one that is heard. Of an object that cannot be read it is no news which volumes it stops, whoever says so.
 */
export function createFirstReport(
  functions: readonly Pick<AnyFunction, 'name'>[],
): (by: string, finding: Finding) => boolean {
  const names = new Set(functions.map(({ name }) => name));
  const said = new Map<string, string>();
  return (by, finding) => {
    if (!needsAttention(finding)) return true;
    const { snapshot, vmbackup, expected = '' } = finding.facts ?? {};
    const teller = reasons[finding.reason].toldBy;
    const ofVMBackup = finding.volume !== undefined || vmbackup !== undefined;
    if (teller !== undefined && teller !== by && names.has(teller) && ofVMBackup) return false;
    const unreadable = finding.reason === 'ObjectUnreadable';
    // A wrong handle is news whatever keeps it from being mended.
    const key = `${finding.reason} ${(unreadable ? undefined : snapshot) ?? refKey(finding.subject)} ${expected}`;
    const first = said.get(key);
    if (first !== undefined) return first === by && !unreadable;
    said.set(key, by);
    return true;
  };
}
