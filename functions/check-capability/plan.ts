import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { listCommand } from '../../shared/domain/kubectl.ts';
import * as names from '../../shared/domain/names.ts';
import { judgeClass } from '../../shared/capability/judge.ts';
import { changesFrom, notesOf, notesToSet, parseNotes } from '../../shared/capability/notes.ts';
import type { Ability, Capability } from '../../shared/capability/types.ts';
import { abilities, abilityKey } from '../../shared/capability/types.ts';
import type { AnnotateClassAction } from '../../shared/plan/action.ts';
import type { Finding, Plan } from '../../shared/plan/plan.ts';
import type { Config } from './config.ts';
import type { Seen } from './observe.ts';
import { changeEvent, faultEvents, reportFor, resultsOfClass, resultsOfSetting } from './records.ts';

/** Reports what a StorageClass supports, and records it as annotations, Events and reports. Pure; repairs nothing. */
export function plan(seen: Seen, config: Config, nowMs: number): Plan {
  const { subject } = seen;
  switch (seen.is) {
    case 'nothing': {
      const reason = subject.kind === 'StorageClass' ? 'StorageClassGone' : 'DriversConfigured';
      return { findings: [{ subject, reason, message: `${describeRef(subject)} does not exist`, actions: [] }] };
    }
    case 'class':
      return planClass(seen, config, nowMs);
    case 'setting': {
      const { faults, restoreClass, about } = seen;
      const none: Finding = {
        subject,
        reason: 'DriversConfigured',
        message: `no fault found in ${describeRef(subject)}`,
        actions: [],
      };
      const findings = faults.map(({ reason, message, cure, driver }) => ({
        ...{ subject, reason, message, command: cure, actions: [] },
        ...(driver !== undefined && { facts: { driver } }),
      }));
      const others: Finding[] =
        restoreClass === undefined
          ? []
          : [
              {
                subject: ref('Setting', names.CLASS_SETTING),
                reason: restoreClass.reason,
                message: restoreClass.message,
                command: restoreClass.cure,
                actions: [],
              },
            ];
      return {
        findings: findings.length + others.length === 0 ? [none] : [...findings, ...others],
        records: [
          ...faultEvents(about, faults, seen.recorded, nowMs),
          ...reportFor(about, resultsOfSetting(faults, nowMs), faults.length > 0, seen),
        ],
      };
    }
  }
}

function planClass({ subject, ...rest }: Extract<Seen, { is: 'class' }>, config: Config, nowMs: number): Plan {
  const { seen } = rest;
  const { metadata } = seen.storageClass;
  const capability = judgeClass(seen);
  const about = { ...ref('StorageClass', metadata.name), kind: 'StorageClass', uid: metadata.uid } as const;
  const wanted = config.annotate === 'on' ? notesOf(capability) : undefined;
  const annotations = notesToSet(metadata.annotations, wanted);
  const annotate: AnnotateClassAction = {
    do: 'annotateClass',
    target: { ...about, resourceVersion: metadata.resourceVersion },
    annotations,
  };
  const changes = wanted === undefined ? [] : changesFrom(parseNotes(metadata.annotations), capability);
  const stuck = isStuck(capability);
  return {
    findings: [findingFor(subject, capability, stuck)],
    records: [
      // Event first: after a crash in between, the annotation would no longer show a change.
      ...(changes.length === 0 ? [] : [changeEvent(annotate.target, changes, nowMs)]),
      ...(Object.keys(annotations).length === 0 ? [] : [annotate]),
      ...reportFor(about, resultsOfClass(capability, stuck, nowMs), stuck, rest),
    ],
  };
}

const showSnapshotters = `${listCommand(['Deployment', 'Pod'])} | grep csi-snapshotter`;

/** Harvester accepts snapshots, but the storage does not take them: VMBackups hang. */
const isStuck = ({ can, allows }: Capability): boolean =>
  can.snapshot.reason === 'SnapshotterMissing' && allows.snapshot.answer === 'yes';

function findingFor(subject: Finding['subject'], capability: Capability, stuck: boolean): Finding {
  const { can, allows, facts } = capability;
  const common = {
    subject,
    facts: { ...facts, ...Object.fromEntries(abilities.map((one) => [abilityKey(one), pairOf(capability, one)])) },
    actions: [],
  };
  if (stuck) {
    const { message, cure } = can.snapshot;
    const text = cure === undefined ? message : `${message}; ${cure}`;
    return { ...common, reason: 'SnapshotterMissing', message: text, command: showSnapshotters };
  }
  const open = abilities.find((one) => can[one].answer === 'unknown' || allows[one].answer === 'unknown');
  const words = abilities.map((one) => `${abilityKey(one)} ${pairOf(capability, one)}`).join(', ');
  const message = `storage can / Harvester allows: ${words}`;
  return { ...common, reason: open === undefined ? 'CapabilityKnown' : 'CapabilityUnknown', message };
}

const pairOf = ({ can, allows }: Capability, ability: Ability): string =>
  `${can[ability].answer}/${allows[ability].answer}`;
