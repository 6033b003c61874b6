import { processIo } from '../io.ts';
import { runCli } from '../program.ts';
import { demoCommand } from './command.ts';

process.exitCode = await runCli(['demo', ...process.argv.slice(2)], processIo(), [demoCommand]);
