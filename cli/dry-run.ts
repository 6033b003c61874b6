import type { Action } from '../shared/plan/action.ts';
import { refKey, namespaceOf } from '../shared/domain/kinds.ts';
import type { Ref } from '../shared/domain/kinds.ts';
import type { Applier } from '../shared/kube/apply.ts';
import type { OptionSpec } from './command.ts';

export type DryRun = 'none' | 'client' | 'server';

export interface DryRunOptions {
  readonly dryRun: DryRun;
}

export const dryRunOption: OptionSpec = {
  flags: '--dry-run <how>',
  description:
    '"client": only print what would be written; "server": let the API server check each write and store nothing',
  choices: ['none', 'client', 'server'],
  default: 'none',
};

/**
 * For a server-side dry run: a step that depends on an earlier step of the same plan cannot be checked, because nothing
 * is stored. Such steps are assumed to succeed and passed to `unchecked`.
 */
export function checkOnly(applier: Applier, unchecked: (action: Action) => void): Applier {
  return {
    async *apply(actions) {
      const written = new Set<string>();
      for (const action of actions) {
        const touched = touchedBy(action).map(refKey);
        const where = createdNamespace(action);
        if ([...touched, ...where].some((key) => written.has(key))) {
          unchecked(action);
          yield { action, result: 'done' };
        } else yield* applier.apply([action]);
        for (const key of touched) written.add(key);
      }
    },
  };
}

/** A namespace that does not exist contains nothing. */
function createdNamespace(action: Action): string[] {
  const namespace =
    action.do === 'create'
      ? 'namespace' in action.object.metadata && action.object.metadata.namespace
      : action.do === 'putDrill' && action.target.namespace;
  return namespace ? [refKey({ kind: 'Namespace', name: namespace })] : [];
}

/** The objects whose state an action depends on. */
function touchedBy(action: Action): Ref[] {
  switch (action.do) {
    case 'create': {
      const { kind, metadata } = action.object;
      const namespace = namespaceOf({ metadata });
      return [{ kind, name: metadata.name, ...(namespace !== undefined && { namespace }) }];
    }
    case 'recordEvent':
    case 'putReport':
      return [action.target];
    case 'deleteSnapshot':
      return [action.target, { kind: 'VolumeSnapshotContent', name: action.content.name }];
    default:
      return [action.target];
  }
}
