import type { Command } from '../command.ts';
import { adviseCommand } from './advise.ts';
import { applyCommand } from './apply.ts';
import { capabilityCommand } from './capability.ts';
import { doctorCommand } from './doctor.ts';
import { drillCommand } from './drill.ts';
import { explainCommand } from './explain.ts';
import { functionsCommand } from './functions.ts';
import { manifestsCommand } from './manifests.ts';
import { metricsCommand } from './metrics.ts';
import { planCommand } from './plan.ts';
import { preflightCommand } from './preflight.ts';
import { replayCommand } from './replay.ts';
import { sandboxCommand } from './sandbox.ts';
import { scanCommand } from './scan.ts';

/** The commands there are, in the order in which help lists them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- existential type: each command's options stay its own
export const commands: readonly Command<any>[] = [
  scanCommand,
  doctorCommand,
  explainCommand,
  preflightCommand,
  metricsCommand,
  drillCommand,
  capabilityCommand,
  adviseCommand,
  planCommand,
  applyCommand,
  replayCommand,
  functionsCommand,
  sandboxCommand,
  manifestsCommand,
];
