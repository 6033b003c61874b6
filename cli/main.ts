import { boundNursery } from './bound-heap.ts';
import { runCli } from './program.ts';
import { processIo } from './io.ts';

boundNursery();
process.exitCode = await runCli(process.argv.slice(2), processIo());
