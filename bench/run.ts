/** `npm run bench [-- NAME…]`: measures, prints, and writes bench/results.json. Build first (`npm ci` does). */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Figure } from './figure.ts';
import { calls } from './figures/calls.ts';
import { coldStart } from './figures/cold-start.ts';
import { firstWrite } from './figures/first-write.ts';
import { scan } from './figures/scan.ts';
import { throughput } from './figures/throughput.ts';

const benches: Record<string, () => Promise<Figure[]>> = {
  'cold-start': () => coldStart(21),
  'first-write': () => firstWrite(15),
  throughput: () => throughput(7, 1_000),
  calls: () => calls(100),
  scan: () => scan(100_000, 3),
};

const wanted = process.argv.slice(2);
const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`${name} …`);
  figures.push(...(await bench()));
}
console.table(
  Object.fromEntries(
    figures.map(({ name, value, unit, baseline, ratio, goal, met }) => [
      name,
      { value, unit, baseline, ratio, goal, met },
    ]),
  ),
);
if (wanted.length === 0) {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  const machine = `${cpus().length} x ${cpu?.model ?? 'unknown'}, ${memory}, ${process.platform}, Node ${process.version}`;
  const results = { machine, date: new Date().toISOString().slice(0, 10), figures };
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
}
