import { describe, expect, test } from '@jest/globals';
import { kinds } from '../../../shared/domain/kinds.ts';
import { all, ofKind, parsed } from './parsed.ts';

const roles = ofKind('ClusterRole');
const bindings = ofKind('ClusterRoleBinding');
/** What an account may do, through every binding there is. */
const rulesOf = (account: string): [rule: any, namespace: string | undefined][] =>
  [...bindings, ...ofKind('RoleBinding')]
    .filter((binding) => binding.subjects.some((subject: any) => subject.name === account))
    .flatMap(({ metadata: { namespace }, roleRef }) => {
      const role = [...roles, ...ofKind('Role')].find(
        (one) =>
          one.kind === roleRef.kind && one.metadata.name === roleRef.name && one.metadata.namespace === namespace,
      );
      return role.rules.map((rule: any) => [rule, namespace] as const);
    });

describe('rights', () => {
  test.each(all.map((fn) => [fn.name, fn] as const))('%s may do exactly what its needs say', (_name, fn) => {
    const service = ofKind('Service').find((s) => s.metadata.name === fn.name);
    const account = service.spec.template.spec.serviceAccountName;
    expect(ofKind('ServiceAccount').map((a) => a.metadata.name)).toContain(account);
    const may = rulesOf(account).flatMap(([rule, namespace]) =>
      rule.apiGroups.flatMap((group: string) =>
        rule.resources.map((resource: string) => ({
          group,
          resource,
          verbs: rule.verbs,
          ...(rule.resourceNames && { names: rule.resourceNames }),
          ...(namespace && { namespace }),
        })),
      ),
    );
    expect(may).toEqual(fn.needs);
  });

  test('the sources may read the kinds they watch, and nothing else', () => {
    const sources = ofKind('ApiServerSource');
    const watched = sources.flatMap((source) => source.spec.resources.map((r: any) => r.kind));
    const expected = watched
      .map((kind) => ({ resource: kinds[kind as keyof typeof kinds].plural, verbs: ['get', 'list', 'watch'] }))
      .sort((a, b) => a.resource.localeCompare(b.resource));
    for (const source of sources) {
      const may = rulesOf(source.spec.serviceAccountName)
        .map(([rule]) => ({ resource: rule.resources.join(), verbs: rule.verbs }))
        .sort((a, b) => a.resource.localeCompare(b.resource));
      expect(may).toEqual(expected);
    }
  });

  test('no rule is for everything, none for secrets, none to escalate, and of Longhorn only a sync is ever asked for', () => {
    expect(roles.length).toBeGreaterThan(0);
    for (const rule of roles.flatMap((role) => role.rules)) {
      const text = JSON.stringify(rule);
      expect(text).not.toContain('*');
      expect(text).not.toMatch(/secrets|configmaps|serviceaccounts|roles|escalate|impersonate|"bind"/);
      if (rule.apiGroups.includes('longhorn.io')) {
        const syncs = rule.resources.join() === 'backuptargets' ? ['patch'] : [];
        expect(['get', 'list', 'watch', ...syncs]).toEqual(expect.arrayContaining(rule.verbs));
      }
    }
  });

  test('claims, pods and snapshots are deleted in the namespace of drills alone, and ConfigMaps read there by name', () => {
    for (const { metadata, rules } of ofKind('Role')) {
      expect(metadata.namespace).toBe('gleaner-drill');
      expect(JSON.stringify(rules)).not.toMatch(
        /\*|secrets|serviceaccounts|roles|escalate|impersonate|"bind"|longhorn/,
      );
      for (const rule of rules) {
        if (rule.resources.includes('configmaps') && !rule.resourceNames) expect(rule.verbs).toEqual(['create']);
      }
    }
    const deletes = roles.flatMap((role) => role.rules.filter((rule: any) => rule.verbs.includes('delete')));
    const deleted = new Set(deletes.flatMap((rule) => rule.resources));
    expect([...deleted]).toEqual(expect.not.arrayContaining(['persistentvolumeclaims', 'pods', 'persistentvolumes']));
  });

  test('no manifest mentions a Secret', () => {
    expect(parsed().filter((m) => m.kind === 'Secret')).toEqual([]);
    expect(JSON.stringify(parsed())).not.toMatch(/secretKeyRef|secretName|"secret"/);
  });
});
