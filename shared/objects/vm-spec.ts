/** What of a VM's spec may pass: names and numbers that a restore can clash over, and no text that a person wrote. */
export interface VMSpec {
  /** In lower case. */
  readonly macAddresses: readonly string[];
  /** Secrets that its volumes and credentials refer to. */
  readonly secretNames: readonly string[];
  /** Network attachments, as it names them: `namespace/name`. */
  readonly networks: readonly string[];
  /** Its disks that several VMs may write to at once, as it calls them; absent where there is none. */
  readonly shareable?: readonly string[];
  readonly cpu?: string;
  readonly memory?: string;
  /** What its pod is to be given for certain, which with overcommitment is less; absent where nothing is said. */
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
  /** Whether KubeVirt starts it, and when: `Always`, `RerunOnFailure`, `Halted` … */
  readonly runStrategy?: string;
}

/** `source` of a VMBackup, or a VM: anything with a VM's spec in it. Undefined where there is none. */
export function vmSpecIn(source: unknown): VMSpec | undefined {
  if (source === undefined || source === null) return undefined;
  const template = at(source, 'spec', 'template', 'spec');
  const devices = at(template, 'domain', 'devices');
  const { cpu, memory } = amountsIn(at(template, 'domain', 'resources', 'limits')) ?? {};
  const requests = amountsIn(at(template, 'domain', 'resources', 'requests'));
  const macAddresses: string[] = [];
  const networks: string[] = [];
  // Most have none, and every VMBackup of every list comes this way.
  let secrets: Set<string> | undefined;
  const addSecret = (name: unknown) => {
    if (isText(name)) (secrets ??= new Set()).add(name);
  };
  for (const one of list(at(devices, 'interfaces'))) {
    const mac = at(one, 'macAddress');
    if (isText(mac)) macAddresses.push(mac.toLowerCase());
  }
  for (const one of list(at(template, 'volumes'))) {
    const cloudInit = at(one, 'cloudInitNoCloud');
    if (cloudInit === undefined) continue;
    addSecret(at(cloudInit, 'secretRef', 'name'));
    addSecret(at(cloudInit, 'networkDataSecretRef', 'name'));
  }
  for (const one of list(at(template, 'accessCredentials'))) {
    addSecret(at(one, 'sshPublicKey', 'source', 'secret', 'secretName'));
    addSecret(at(one, 'userPassword', 'source', 'secret', 'secretName'));
  }
  for (const one of list(at(template, 'networks'))) {
    const network = at(one, 'multus', 'networkName');
    if (isText(network)) networks.push(network);
  }
  const shareable = shareableIn(devices);
  const runStrategy = at(source, 'spec', 'runStrategy');
  return {
    macAddresses,
    secretNames: secrets === undefined ? [] : [...secrets],
    networks,
    ...(shareable !== undefined && { shareable }),
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(requests !== undefined && { requests }),
    ...(isText(runStrategy) && { runStrategy }),
  };
}

/** A disk of a VM that is a claim: the only ones Harvester snapshots and backs up. */
export interface VMClaim {
  /** As the VM calls it. */
  readonly volume: string;
  readonly claim: string;
  /** Several VMs may write to it at once. */
  readonly shareable: boolean;
}

export function claimsIn(spec: unknown): VMClaim[] {
  const template = at(spec, 'template', 'spec');
  const shareable = shareableIn(at(template, 'domain', 'devices'));
  return list(at(template, 'volumes')).flatMap((one) => {
    const [volume, claim] = [at(one, 'name'), at(one, 'persistentVolumeClaim', 'claimName')];
    return isText(volume) && isText(claim) ? [{ volume, claim, shareable: shareable?.includes(volume) === true }] : [];
  });
}

/**
 * Disks with data of their own that are no claims to the VM: Harvester takes a VM without them and says nothing. What is
 * lost at each stop anyway, or never changes, is none of them (ephemeral, emptyDisk, containerDisk, cloud-init …).
 */
export const leftOutIn = (spec: unknown): string[] =>
  list(at(spec, 'template', 'spec', 'volumes')).flatMap((one) => {
    const name = at(one, 'name');
    return isText(name) && (at(one, 'dataVolume') !== undefined || at(one, 'hostDisk') !== undefined) ? [name] : [];
  });

function amountsIn(resources: unknown): { readonly cpu?: string; readonly memory?: string } | undefined {
  const cpu = amount(at(resources, 'cpu'));
  const memory = amount(at(resources, 'memory'));
  if (cpu === undefined && memory === undefined) return undefined;
  return { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
}

/** Most VMs have none, and every VMBackup of every list comes this way. */
function shareableIn(devices: unknown): string[] | undefined {
  let found: string[] | undefined;
  for (const disk of list(at(devices, 'disks'))) {
    const name = at(disk, 'shareable') === true ? at(disk, 'name') : undefined;
    if (isText(name)) (found ??= []).push(name);
  }
  return found;
}

/** Written out, since a list of parameters is one more thing to allocate, for each object of every list. */
function at(value: unknown, first: string, second?: string, third?: string, fourth?: string): unknown {
  let here = within(value, first);
  if (second !== undefined) here = within(here, second);
  if (third !== undefined) here = within(here, third);
  return fourth === undefined ? here : within(here, fourth);
}

const within = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const amount = (value: unknown): string | undefined =>
  isText(value) ? value : typeof value === 'number' ? String(value) : undefined;
