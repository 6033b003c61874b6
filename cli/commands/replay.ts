import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Call } from '../command.ts';
import { defineCommand, exit, UsageError } from '../command.ts';
import type { DryRunOptions } from '../dry-run.ts';
import { dryRunOption } from '../dry-run.ts';
import { functionsNamed } from '../functions.ts';
import type { Io } from '../io.ts';
import type { ClusterOptions, OutputOptions, VerboseOptions } from '../options.ts';
import { clusterOptions, functionOption, outputOption, verboseOption } from '../options.ts';
import { openReplayPrinter } from '../output/replay-printer.ts';
import type { PolicyOptions } from '../policies.ts';
import { configsFrom, policyOptions } from '../policies.ts';
import { readEvents } from '../replay/read.ts';
import type { Receiver } from '../replay/receivers.ts';
import { atUrl, inProcess } from '../replay/receivers.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { createLog } from '../../shared/runtime/log.ts';

interface ReplayOptions extends ClusterOptions, DryRunOptions, OutputOptions, PolicyOptions, VerboseOptions {
  readonly to?: string;
  readonly function?: readonly string[];
}

export const replayCommand = defineCommand<ReplayOptions>({
  name: 'replay',
  summary: 'Deliver recorded CloudEvents again, in this process or to a URL',
  description:
    'Reads events in structured form: one JSON object, an array, or JSON lines; "-" is standard input. In this process ' +
    'each function handles them as its server would, and may write. Attributes added by a broker are removed. An event ' +
    'that cannot be parsed or delivered is reported, and the others continue. Exits 0 when all were accepted, else 2.',
  examples: [
    { does: 'Dead letters, once the cause is fixed', command: 'gleaner replay dead-letters.jsonl' },
    { does: 'What would the functions do?', command: 'gleaner replay events.jsonl --dry-run=client' },
    { does: 'To a function on this machine', command: 'gleaner replay event.json --to http://localhost:8080' },
    {
      does: 'Trigger a sweep by hand',
      command: `echo '{"specversion":"1.0","id":"1","source":"me","type":"dev.gleaner.sweep"}' | gleaner replay -`,
    },
  ],
  arguments: [{ name: '<file>', description: 'events in JSON, or "-"' }],
  options: [
    {
      flags: '--to <url>',
      description: 'post the events to this URL, in binary mode, instead of handling them here',
      parse: parseUrl,
    },
    functionOption,
    dryRunOption,
    outputOption,
    ...policyOptions,
    ...clusterOptions,
    verboseOption,
  ],
  run: replay,
});

async function replay({ args: [file = '-'], options, io }: Call<ReplayOptions>): Promise<number> {
  const input = await open(file, io);
  let client: Promise<KubeClient> | undefined;
  const connected = () => {
    if (client === undefined) {
      client = connectFor(options);
      client.catch(() => (client = undefined));
    }
    return client;
  };
  const receiver = options.to === undefined ? local(options, io, connected) : remote(options, options.to);
  const printer = await openReplayPrinter(options.output, io);
  try {
    for await (const recorded of readEvents(input)) {
      if ('problem' in recorded) await printer.problem(recorded.at, recorded.problem);
      else {
        for (const answered of await receiver.receive(recorded.event)) {
          await printer.answered(recorded.at, recorded.event, answered);
        }
      }
    }
  } finally {
    await (await client?.catch(() => undefined))?.close();
  }
  const { events, failed } = await printer.end();
  if (events === 0) throw new UsageError(`${file === '-' ? 'standard input' : file} contains no event`);
  return failed > 0 ? exit.error : exit.ok;
}

function local(options: ReplayOptions, io: Io, client: () => Promise<KubeClient>): Receiver {
  const log = createLog({ level: options.verbose === true ? 'debug' : 'silent', write: (line) => io.err(line) });
  const functions = functionsNamed(options.function);
  return inProcess({ functions, configOf: configsFrom(options), dryRun: options.dryRun, client, log });
}

/**
 * Posts to an address. The receiver there decides about functions, policies and writes, so the options for these are
 * refused.
 * @throws UsageError
 */
function remote({ function: names, dryRun, policy, kubeconfig }: ReplayOptions, url: string): Receiver {
  if (names !== undefined || policy !== undefined || kubeconfig !== undefined || dryRun !== 'none') {
    throw new UsageError('--to cannot be combined with --function, --policy, --kubeconfig or --dry-run');
  }
  return atUrl(url);
}

async function connectFor({ kubeconfig, context, dryRun }: ReplayOptions): Promise<KubeClient> {
  const { connect } = await import('../../shared/kube/client.ts');
  const server = dryRun === 'server' ? dryRun : undefined;
  return connect({ kubeconfig, context, dryRun: server, awaitsRights: false });
}

async function open(file: string, io: Io): Promise<AsyncIterable<string | Buffer>> {
  if (file === '-') return io.input;
  try {
    if ((await stat(file)).isDirectory()) throw new UsageError(`${file} is a folder`);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`file ${file} does not exist`);
  }
  return createReadStream(file) as AsyncIterable<Buffer>;
}

function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new UsageError(`invalid URL "${text}" (example: http://HOST:PORT/PATH)`);
}
