import { setFlagsFromString } from 'node:v8';
import { runCli } from './program.ts';
import { processIo } from './io.ts';

// A scan of a large cluster makes garbage by the page and keeps next to nothing. With a nursery that holds a page from
// the start, the garbage dies there and the process stays small.
setFlagsFromString('--min-semi-space-size=8');
setFlagsFromString('--max-semi-space-size=8');

process.exitCode = await runCli(process.argv.slice(2), processIo());
