import { boundYoungGeneration } from './bound-heap.ts';
import { runCli } from './program.ts';
import { processIo } from './io.ts';

boundYoungGeneration();
process.exitCode = await runCli(process.argv.slice(2), processIo());
