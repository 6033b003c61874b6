/**
 * The parts of a VM's spec that Gleaner keeps: names and numbers that a restore can conflict over, and no free text.
 */
export interface VMSpec {
  /** In lower case. */
  readonly macAddresses: readonly string[];
  /** Secrets that its volumes and credentials refer to. */
  readonly secretNames: readonly string[];
  /** Network attachments as the VM names them: `namespace/name`. */
  readonly networks: readonly string[];
  /** Names of the disks that several VMs may write to at once; absent if there is none. */
  readonly shareable?: readonly string[];
  readonly cpu?: string;
  readonly memory?: string;
  /** Resources guaranteed to its pod, less than the limits if overcommitted; absent if not set. */
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
  /** When KubeVirt starts it: `Always`, `RerunOnFailure`, `Halted` … */
  readonly runStrategy?: string;
}

/** Reads the VM's spec in a VMBackup's `source` or a VM. `undefined` if there is none. */
export function vmSpecIn(source: unknown): VMSpec | undefined {
  if (source === undefined || source === null) return undefined;
  const template = at(source, 'spec', 'template', 'spec');
  const devices = at(template, 'domain', 'devices');
  const { cpu, memory } = amountsIn(at(template, 'domain', 'resources', 'limits')) ?? {};
  const requests = amountsIn(at(template, 'domain', 'resources', 'requests'));
  const macAddresses: string[] = [];
  const networks: string[] = [];
  // Allocated on first use: this runs for every VMBackup of every list, and most have none.
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

/** A disk of a VM on a claim. Harvester snapshots and backs up no other disks. */
export interface VMClaim {
  /** The disk's name in the VM. */
  readonly volume: string;
  readonly claim: string;
  /** Several VMs may write to it at once. */
  readonly shareable: boolean;
}

/** The disks of a VM that are claims. */
export function claimsIn(spec: unknown): VMClaim[] {
  const template = at(spec, 'template', 'spec');
  const shareable = shareableIn(at(template, 'domain', 'devices'));
  return list(at(template, 'volumes')).flatMap((one) => {
    const [volume, claim] = [at(one, 'name'), at(one, 'persistentVolumeClaim', 'claimName')];
    return isText(volume) && isText(claim) ? [{ volume, claim, shareable: shareable?.includes(volume) === true }] : [];
  });
}

/**
 * Names of disks with data of their own that are not on claims: Harvester silently leaves them out of backups. Disks
 * that are lost at each stop anyway, or never change, do not count (ephemeral, emptyDisk, containerDisk, cloud-init …).
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

/** Allocates only if there is one: this runs for every VMBackup of every list. */
function shareableIn(devices: unknown): string[] | undefined {
  let found: string[] | undefined;
  for (const disk of list(at(devices, 'disks'))) {
    const name = at(disk, 'shareable') === true ? at(disk, 'name') : undefined;
    if (isText(name)) (found ??= []).push(name);
  }
  return found;
}

/** Written out without rest parameters, which would allocate an array for each object of every list. */
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
