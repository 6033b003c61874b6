/**
 * Admission webhooks of the real programs, registered as they would register themselves: same names, rules and failure
 * policies. Only the way differs: the API server calls an address on loopback instead of a Service, and trusts a
 * certificate that the bed made.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { Client } from './client.ts';
import { until } from './client.ts';
import { kubeconfigOf } from './control-plane.ts';
import type { Choice } from './parts.ts';
import type { Program } from './processes.ts';
import { start } from './processes.ts';
import type { BedState, Port } from './state.ts';

const folder = (state: BedState): string => join(state.run, 'webhooks');
const rulesFile = (state: BedState, name: string): string => join(folder(state), `${name}.json`);
const certificateOf = (state: BedState): { certificate: string; key: string } => ({
  certificate: join(folder(state), 'tls.crt'),
  key: join(folder(state), 'tls.key'),
});

/** One certificate for all of them; being its own authority, it is also what the API server is told to trust. */
export async function prepareCertificate(state: BedState): Promise<void> {
  await mkdir(folder(state), { recursive: true });
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'webhooks of the bed' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const files = certificateOf(state);
  await writeFile(files.certificate, cert);
  await writeFile(files.key, key, { mode: 0o600 });
}

/** Arguments for Longhorn's program, which serves its webhook itself. */
export const longhornWebhookArgs = (state: BedState): string[] => [
  ...['-webhook', `127.0.0.1:${state.ports.longhornWebhook}`, '-rules', rulesFile(state, 'longhorn')],
  ...['-certificate', certificateOf(state).certificate, '-key', certificateOf(state).key],
];

export const registerLonghornWebhook = (state: BedState, client: Client): Promise<void> =>
  register(state, client, {
    ...{ program: 'longhorn', port: 'longhornWebhook', matchPolicy: 'Exact' },
    rulesOf: wasNeverShipped(state.choice) ? withoutUnshipped : undefined,
    validating: {
      configuration: 'longhorn-webhook-validator',
      webhook: 'validator.longhorn.io',
      failurePolicy: 'Fail',
    },
    mutating: { configuration: 'longhorn-webhook-mutator', webhook: 'mutator.longhorn.io', failurePolicy: 'Fail' },
  });

/**
 * Until 1.4 Harvester writes the target into settings that Longhorn 1.8 has no more, and writes volumes back without the
 * field for their target that it does not know; Longhorn's webhook refuses both. Nobody has these two together but this
 * bed, which shows with them what an upgrade leaves behind.
 */
const withoutUnshipped = (rules: readonly Rule[]): Rule[] =>
  rules
    .filter(({ resources }) => !resources.includes('settings'))
    .map((rule) =>
      rule.resources.includes('volumes')
        ? { ...rule, operations: rule.operations.filter((it) => it !== 'UPDATE') }
        : rule,
    );
const wasNeverShipped = ({ harvester, longhorn }: Choice): boolean =>
  harvester.startsWith('1.4.') && !longhorn.startsWith('1.7.');

export async function startHarvesterWebhook(
  state: BedState,
  client: Client,
  bin: (binary: string) => string,
): Promise<void> {
  await writeFile(join(folder(state), 'token'), state.tokens['harvester-webhook'] ?? '', { mode: 0o600 });
  await start(state.run, harvesterWebhook(state, bin('harvester-webhook')), 90_000);
  await register(state, client, {
    ...{ program: 'harvester', port: 'harvesterWebhook', matchPolicy: 'Equivalent' },
    validating: { configuration: 'harvester-validator', webhook: 'validator.harvesterhci.io', failurePolicy: 'Fail' },
    mutating: { configuration: 'harvester-mutator', webhook: 'mutator.harvesterhci.io', failurePolicy: 'Ignore' },
  });
}

function harvesterWebhook(state: BedState, command: string): Program {
  const { certificate, key } = certificateOf(state);
  return {
    name: 'harvester-webhook',
    command,
    args: [
      ...['-listen', `127.0.0.1:${state.ports.harvesterWebhook}`, '-certificate', certificate, '-key', key],
      ...['-authority', join(state.run, 'certs', 'apiserver.crt'), '-token', join(folder(state), 'token')],
      ...['-rules', rulesFile(state, 'harvester')],
    ],
    env: { KUBECONFIG: kubeconfigOf(state.run, 'harvester-webhook') },
    ready: (log) => /\bready$/m.test(log),
  };
}

interface Rule {
  readonly resources: readonly string[];
  readonly operations: readonly string[];
}

interface Registered {
  readonly program: string;
  readonly port: Port;
  readonly matchPolicy: string;
  /** What it is asked about, out of what it would like to be. */
  readonly rulesOf?: ((rules: readonly Rule[]) => Rule[]) | undefined;
  readonly validating: Registration;
  readonly mutating: Registration;
}

interface Registration {
  readonly configuration: string;
  readonly webhook: string;
  readonly failurePolicy: string;
}

async function register(state: BedState, client: Client, it: Registered): Promise<void> {
  const rules = await until(`the rules of ${it.program}'s webhook`, async () =>
    JSON.parse(await readFile(rulesFile(state, it.program), 'utf8')),
  );
  const caBundle = (await readFile(certificateOf(state).certificate)).toString('base64');
  const apply = (kind: string, { configuration, webhook, failurePolicy }: Registration, path: string) =>
    client.apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name: configuration },
      webhooks: [
        {
          name: webhook,
          clientConfig: { url: `https://127.0.0.1:${state.ports[it.port]}/v1/webhook/${path}`, caBundle },
          rules: it.rulesOf === undefined ? rules[path] : it.rulesOf(rules[path] as Rule[]),
          ...{ failurePolicy, matchPolicy: it.matchPolicy, sideEffects: 'None', admissionReviewVersions: ['v1'] },
        },
      ],
    });
  await apply('ValidatingWebhookConfiguration', it.validating, 'validation');
  await apply('MutatingWebhookConfiguration', it.mutating, 'mutation');
}
