import { Config } from '../../../functions/record-consistency/config.ts';
import { observe } from '../../../functions/record-consistency/observe.ts';
import { plan } from '../../../functions/record-consistency/plan.ts';
import type { KubeObject } from '../../../sandbox/api/types.ts';
import * as make from '../../../sandbox/scenarios/build.ts';
import { ref } from '../../../shared/domain/kinds.ts';
import type { Plan } from '../../../shared/plan/plan.ts';
import { readerOf } from '../../gen/reader.ts';

/** The second in which the first snapshot is asked for; everything else is told in seconds from there. */
export const T0 = Date.parse('2025-06-01T01:00:00Z');
export const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString().replace('.000Z', 'Z');

export interface Volume {
  /** When its snapshot is asked for and when it is taken. */
  readonly asked: number;
  readonly taken: number;
}

/** VMBackup `nightly` of VM `web`, with a snapshot of each volume that was taken here. */
export interface Taking {
  readonly name?: string;
  readonly volumes?: readonly Volume[];
  /** Harvester's annotation. */
  readonly freeze?: 'true' | 'false' | undefined;
  readonly deadline?: string;
  readonly type?: 'backup' | 'snapshot';
}

const claimOf = (index: number) => `data-${index}`;
const vmUid = make.uidFor('VirtualMachine', 'web', 'prod');

export function backupOf(
  { name = 'nightly', volumes = [], freeze, deadline, type }: Taking,
  ...modifiers: make.Modifier[]
) {
  const entries = volumes.map((_, index) =>
    make.volumeEntry({ vmBackup: name, volumeName: `disk-${index}`, claim: claimOf(index) }),
  );
  return make.vmBackup(
    { name, entries, ...(type && { type }) },
    make.withStatus({ sourceUID: vmUid, creationTime: at(600) }),
    (o) => {
      o.metadata.creationTimestamp = at(-1);
      o.metadata.annotations = { ...(freeze && { 'harvesterhci.io/snapshotFreezeFS': freeze }) };
      if (deadline !== undefined) o['spec'].fsFreezeDeadline = deadline;
    },
    ...modifiers,
  );
}

export function pairsOf(taking: Taking): KubeObject[] {
  const backup = backupOf(taking);
  return (taking.volumes ?? []).flatMap(({ asked, taken }, index) => {
    const snapshot = `${backup.metadata.name}-volume-${claimOf(index)}`;
    return [
      make.snapshot({ name: snapshot, claim: claimOf(index) }, make.ownedBy(backup), (o) => {
        o.metadata.creationTimestamp = at(asked);
        o['status'].creationTime = at(taken);
      }),
      make.content({ snapshot, handle: `bak://v/b-${index}`, volume: make.volumeOf(claimOf(index)) }, (o) => {
        o['status'].creationTime = (T0 + taken * 1000) * 1e6;
      }),
    ];
  });
}

export const taking = (it: Taking): KubeObject[] => [backupOf(it), ...pairsOf(it)];

export const running = (
  {
    since = -3600,
    agent = false,
    agentSince,
    ended,
  }: { since?: number; agent?: boolean; agentSince?: number; ended?: number } = {},
  ...modifiers: make.Modifier[]
) =>
  make.instance(
    { name: 'web', agent, since: at(since) },
    (o) => {
      for (const condition of o['status'].conditions ?? []) {
        if (agentSince !== undefined && condition.type === 'AgentConnected') {
          condition.lastTransitionTime = at(agentSince);
          condition.lastProbeTime = at(agentSince);
        }
      }
      if (ended === undefined) return;
      o['status'].phase = 'Succeeded';
      o['status'].phaseTransitionTimestamps.push({ phase: 'Succeeded', phaseTransitionTimestamp: at(ended) });
    },
    ...modifiers,
  );

export const machine = (gone?: number, ...modifiers: make.Modifier[]) =>
  make.machine(
    'web',
    'prod',
    [],
    make.withStatus({
      conditions: [
        gone === undefined
          ? { type: 'Ready', status: 'True', lastTransitionTime: at(-3600) }
          : { type: 'Ready', status: 'False', reason: 'VMINotExists', lastTransitionTime: at(gone) },
      ],
    }),
    ...modifiers,
  );

export async function lookAt(
  objects: readonly KubeObject[],
  seconds = 5,
  policy: object = {},
  name = 'nightly',
): Promise<Plan> {
  const seen = await observe(readerOf(objects), ref('VirtualMachineBackup', name, 'prod'));
  return plan(seen, Config.parse(policy), T0 + seconds * 1000);
}

/** Carries the notes of a plan out, as the writer does. */
export function withNotes(objects: readonly KubeObject[], { records = [] }: Plan): KubeObject[] {
  return objects.map((object) => {
    const note = records.find(
      (r) => r.do === 'noteContent' && object.kind === r.target.kind && object.metadata.name === r.target.name,
    );
    if (note?.do !== 'noteContent') return object;
    const annotations = { ...object.metadata.annotations, [note.key]: note.value };
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
}

export const worthIn = ({ findings }: Plan): string | undefined => findings[0]?.facts?.['consistency'];
