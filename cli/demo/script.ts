import { setTimeout as pause } from 'node:timers/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Eventing } from '../../sandbox/events/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Functions } from './functions.ts';
import { scaledToZero } from './functions.ts';
import { manifests } from './manifests.ts';
import type { Check, Report } from './report.ts';
import { contentsMade, judgeHandles, linkedVolumes, lookAtRestore, restore, untilRestored, writes } from './world.ts';

export interface DemoOptions {
  readonly gleaner: boolean;
  readonly verbose: boolean;
  readonly say: (line: string) => void;
}

const BACKUP = 'web-nightly';
const OTHER_BACKUP = 'db-nightly';
/** Much longer than each step takes; only a failure waits this long. */
const PATIENCE_MS = 120_000;
const CONTROL_MS = 3_000;
const IDLE_MS = 400;

/** Plays the demo once. All reported figures are measured during this run. */
export async function playDemo({ gleaner, verbose, say }: DemoOptions): Promise<Report> {
  const beganMs = performance.now();
  const checks: Check[] = [];
  const check = (what: string, measured: string | number, ok: boolean) => checks.push({ what, measured, ok });
  const { startSandbox } = await import('../../sandbox/index.ts');
  const folder = mkdtempSync(join(tmpdir(), 'gleaner-demo-'));
  const sandbox = await startSandbox({ scenario: 'recovered', harvester: '1.4', longhorn: '1.8' });
  let eventing: Eventing | undefined;
  let functions: Functions | undefined;
  try {
    await disaster(sandbox, say, check);
    if (gleaner) {
      const onLog = (name: string, line: string) => {
        if (verbose) say(`    ${name}: ${line}`);
      };
      functions = await scaledToZero({ sandbox, folder, idleMs: IDLE_MS, onLog });
      eventing = await install(sandbox, functions);
      await repair({ sandbox, eventing, functions, say, check });
      await secondRestores({ sandbox, eventing, functions, say, check });
      await secondRound({ sandbox, eventing, functions, say, check });
    } else {
      say(`No repair this time. Waiting ${CONTROL_MS / 1000} s …`);
      const ms = await untilRestored(sandbox, BACKUP, 'finance', CONTROL_MS);
      const { bound, claims } = await lookAtRestore(sandbox, BACKUP, 'finance');
      check('the hanging restore completes by itself', `${bound} of ${claims} claims Bound`, ms !== undefined);
    }
    const lost = sandbox.store.losses.length;
    check('no backup was lost', `${lost} lost, ${sandbox.store.backups().length} present`, lost === 0);
  } finally {
    await eventing?.stop();
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const coldStarts = Object.entries(functions?.services ?? {}).map(([name, service]) => [
    name,
    service.coldStarts.map(Math.round),
  ]);
  return {
    kind: 'Demo',
    gleaner,
    ok: checks.every(({ ok }) => ok),
    checks,
    coldStartsMs: Object.fromEntries(coldStarts) as Report['coldStartsMs'],
    tookMs: Math.round(performance.now() - beganMs),
    functions: functions === undefined ? 'none' : basename(functions.program),
    node: process.version,
  };
}

type Say = DemoOptions['say'];
type AddCheck = (what: string, measured: string | number, ok: boolean) => void;

async function disaster(sandbox: Sandbox, say: Say, check: AddCheck): Promise<void> {
  say(
    'A new cluster: Harvester 1.4 (without the fix), Longhorn 1.8. It recovers the VM backups from its backup target.',
  );
  const { total, wrong } = await judgeHandles(sandbox);
  say(`  ${wrong} of ${total} handles name a claim instead of the Longhorn volume.`);
  check('recovered backups have wrong handles', `${wrong} of ${total}`, total > 0 && wrong === total);

  say(`A user restores ${BACKUP} into the namespace finance.`);
  await restore(sandbox, BACKUP, 'finance');
  await sandbox.settle();
  const { complete, claims, bound } = await lookAtRestore(sandbox, BACKUP, 'finance');
  say(`  It hangs: ${claims - bound} of ${claims} claims are Pending.`);
  check(
    'a restore into another namespace hangs',
    `${claims - bound} of ${claims} claims Pending`,
    !complete && bound < claims,
  );
}

/** Applies the manifests as an operator would; the processes stand for the Services. */
async function install(sandbox: Sandbox, { services }: Functions): Promise<Eventing> {
  const { startEventing, fromManifests } = await import('../../sandbox/events/index.ts');
  const applied = manifests();
  sandbox.seed(applied.filter(({ kind }) => /^(Namespace|ServiceAccount|ClusterRole|ClusterRoleBinding)$/.test(kind)));
  return startEventing(sandbox, fromManifests(applied, services));
}

interface Playing {
  readonly sandbox: Sandbox;
  readonly eventing: Eventing;
  readonly functions: Functions;
  readonly say: Say;
  readonly check: AddCheck;
}

async function repair({ sandbox, eventing, functions, say, check }: Playing): Promise<void> {
  const services = Object.entries(functions.services);
  const running = services.filter(([, { running: runs }]) => runs).length;
  check('Gleaner is installed and scaled to zero', `${running} processes`, running === 0);
  say(`Gleaner is installed: ${services.map(([name]) => name).join(', ')}, scaled to zero, each with its own account.`);
  say('The PingSource sends a sweep, which finds what was wrong before.');
  const restored = untilRestored(sandbox, BACKUP, 'finance', PATIENCE_MS);
  await eventing.ping();
  const ms = await restored;
  await eventing.settle();
  for (const [name, { coldStarts }] of services) {
    say(`  ${name} was started by an event, in ${Math.round(coldStarts[0] ?? 0)} ms.`);
  }
  check(
    'the first event starts the processes',
    services.map(([name, { coldStarts }]) => `${name} ${Math.round(coldStarts[0] ?? NaN)} ms`).join(', '),
    services.every(([, { coldStarts }]) => coldStarts.length > 0),
  );

  const { bound, claims } = await lookAtRestore(sandbox, BACKUP, 'finance');
  say(`  The restore completed by itself: ${bound} of ${claims} claims Bound.`);
  check(
    'the hanging restore completes by itself',
    ms === undefined ? 'no' : `${Math.round(ms)} ms after the sweep started`,
    ms !== undefined,
  );
  const handles = await judgeHandles(sandbox);
  check(
    'every handle names its Longhorn volume',
    `${handles.total - handles.wrong} of ${handles.total}`,
    handles.wrong === 0,
  );
  const { total, linked } = await linkedVolumes(sandbox);
  say(`  ${linked} of ${total} VMBackup volumes are linked to correct pairs, ${writes(sandbox)} writes in total.`);
  check('every VMBackup volume is linked, with its former deletionPolicy', `${linked} of ${total}`, linked === total);
}

async function secondRestores({ sandbox, eventing, functions, say, check }: Playing): Promise<void> {
  const services = Object.values(functions.services);
  const waking = () => services.filter(({ running }) => running).length;
  for (const until = Date.now() + PATIENCE_MS; waking() > 0 && Date.now() < until;) await pause(IDLE_MS);
  const idle = services.length - waking();
  say(`Idle again: ${idle} of ${services.length} processes have stopped.`);
  check('idle processes stop', `${idle} of ${services.length}`, idle === services.length);

  say(`The user restores ${BACKUP} again, into its own namespace, and ${OTHER_BACKUP} into finance.`);
  await restore(sandbox, BACKUP, 'prod');
  const atOnce = await untilRestored(sandbox, BACKUP, 'prod', PATIENCE_MS);
  await eventing.settle();
  check('a restore of the repaired backup works at once', took(atOnce), atOnce !== undefined);
  const made = contentsMade(sandbox);
  await restore(sandbox, OTHER_BACKUP, 'finance');
  const caught = await untilRestored(sandbox, OTHER_BACKUP, 'finance', PATIENCE_MS);
  await eventing.settle();
  const born = await judgeHandles(sandbox, made());
  const { wrong } = await judgeHandles(sandbox);
  say(
    `  The first took ${took(atOnce)}. For the second Harvester wrote ${born.wrong} wrong handle again; ${took(caught)}.`,
  );
  check(
    'a new restore with a wrong handle is caught in flight',
    `${born.wrong} wrong handle written, ${took(caught)}`,
    born.wrong > 0 && caught !== undefined && wrong === 0,
  );
}

async function secondRound({ sandbox, eventing, say, check }: Playing): Promise<void> {
  const again = eventing.broker.recorded.filter(({ type }) => type.startsWith('dev.knative.'));
  say(`A second round: the sweep and all ${again.length} earlier events again.`);
  sandbox.api.clearRequests();
  await eventing.ping();
  for (const event of again) await eventing.broker.publish(event);
  await eventing.settle();
  const { deliveries, deadLetters } = eventing.broker;
  const given = deliveries.filter(({ outcome }) => outcome !== 'delivered').length + deadLetters.length;
  say(`  ${writes(sandbox)} writes.`);
  check(
    'a second round writes nothing',
    `${writes(sandbox)} writes, ${again.length + 1} events`,
    writes(sandbox) === 0,
  );
  check('every event was delivered', `${deliveries.length} deliveries, ${given} given up`, given === 0);
}

const took = (ms: number | undefined): string => (ms === undefined ? 'never' : `${Math.round(ms)} ms`);
