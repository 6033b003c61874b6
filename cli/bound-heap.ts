import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const ENOUGH_BYTES = 16 * 1024 * 1024;
const LOOK_MS = 5;

/**
 * A scan of a large cluster makes garbage by the page and keeps next to nothing. V8 lets the space for what is new double
 * until it holds some forty megabytes of garbage; with one that holds a page the garbage dies as young, and the process
 * stays small. Its limit can be given on a command line only, but how far it grows each time is asked anew. What outlives
 * a page all the same would lie about until the old space is several times as large as what is alive in it: a fifth more
 * than that is enough, for some tenths of a second in a scan of a hundred thousand backups.
 */
export function boundYoungGeneration(): void {
  setFlagsFromString('--heap-growing-percent=20');
  const look = setInterval(() => {
    const nursery = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (nursery !== undefined && nursery.space_size < ENOUGH_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(look);
  }, LOOK_MS);
  look.unref();
}
