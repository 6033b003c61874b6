import type { AnyFunction } from '../function.ts';
import { broker, triggers } from './broker.ts';
import type { Commented, ManifestOptions } from './options.ts';
import { labels } from './options.ts';
import { account } from './rights.ts';
import { service } from './service.ts';
import { sources } from './sources.ts';
import { render } from './text.ts';

/** One file of `deploy/`. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Every manifest that these functions need in a cluster, in the order in which to apply them. Pure: equal definitions
 * and options give equal text.
 */
export function manifestFiles(functions: readonly AnyFunction[], options: ManifestOptions): ManifestFile[] {
  const file = (name: string, from: string, manifests: readonly Commented[]) => ({
    name: `${name}.yaml`,
    text: render(`generated from ${from}; npm run manifests`, manifests),
  });
  return [
    // The number sorts it first: kubectl applies a folder in the order of file names.
    file('00-namespace', 'functions/index.ts', [namespace(options)]),
    file('broker', 'functions/index.ts', [broker(options)]),
    ...functions.map((fn) =>
      file(fn.name, `functions/${fn.name}/index.ts`, [
        ...account(
          fn.name,
          fn.name,
          options.namespace,
          fn.needs,
          'Exactly the permissions that the function declares.',
        ),
        service(fn, options),
        ...triggers(fn, options),
      ]),
    ),
    file('sources', 'functions/*/index.ts', sources(functions, options)),
  ];
}

const namespace = ({ namespace: name }: ManifestOptions): Commented => ({
  manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labels('gleaner') } },
});
