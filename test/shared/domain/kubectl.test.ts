import { describe, expect, test } from '@jest/globals';
import { ref } from '../../../shared/domain/kinds.ts';
import * as kubectl from '../../../shared/domain/kubectl.ts';

const web = ref('VirtualMachineBackup', 'web', 'prod');
const content = ref('VolumeSnapshotContent', 'web-vsc');
const WEB = 'virtualmachinebackups.harvesterhci.io web -n prod';
const CONTENT = 'volumesnapshotcontents.snapshot.storage.k8s.io web-vsc';

describe('a printed command', () => {
  test.each([
    [kubectl.getCommand(ref('PersistentVolumeClaim', 'web', 'prod')), 'get persistentvolumeclaims web -n prod -o yaml'],
    [kubectl.getCommand(web), `get ${WEB} -o yaml`],
    [kubectl.getCommand(content), `get ${CONTENT} -o yaml`],
    // A cluster-scoped object has no namespace, whoever gives one.
    [kubectl.getCommand({ ...content, namespace: 'prod' }), `get ${CONTENT} -o yaml`],
    [kubectl.getCommand(web, 'jsonpath={.status.a[*].b}'), `get ${WEB} -o jsonpath='{.status.a[*].b}'`],
    [kubectl.getCommand(web, 'name'), `get ${WEB} -o name`],
    [kubectl.showFinalizersCommand(content), `get ${CONTENT} -o jsonpath='{.metadata.finalizers}'`],
    [kubectl.describeCommand(web), `describe ${WEB}`],
    [kubectl.editCommand(ref('Setting', 'backup-target')), 'edit settings.harvesterhci.io backup-target'],
    [kubectl.deleteCommand(web), `delete ${WEB}`],
    [kubectl.listCommand('StorageClass'), 'get storageclasses.storage.k8s.io'],
    [kubectl.listCommand('StorageClass', { namespace: 'prod' }), 'get storageclasses.storage.k8s.io'],
    [kubectl.listCommand('Backup'), 'get backups.longhorn.io -A'],
    [kubectl.listCommand(['Deployment', 'Pod']), 'get deployments.apps,pods -A'],
    [
      kubectl.listCommand('Engine', { namespace: 'longhorn-system', labels: { longhornvolume: 'pvc-1' } }),
      'get engines.longhorn.io -n longhorn-system -l longhornvolume=pvc-1',
    ],
    [kubectl.patchCommand(content, { a: "it's" }), `patch ${CONTENT} --type=merge -p '{"a":"it'\\''s"}'`],
    [kubectl.patchCommand(content, [{ op: 'remove' }]), `patch ${CONTENT} --type=json -p '[{"op":"remove"}]'`],
    [kubectl.retainCommand('web-vsc'), `patch ${CONTENT} --type=merge -p '{"spec":{"deletionPolicy":"Retain"}}'`],
    [kubectl.annotateCommand(web, 'a/b', 'yes; no'), `annotate ${WEB} 'a/b=yes; no'`],
    [kubectl.touchCommand(web, 'a/b'), `annotate ${WEB} --overwrite a/b="$(date +%s)"`],
    [kubectl.createNamespaceCommand('x'), 'create namespace x'],
  ])('%s', (command, says) => {
    expect(command).toBe(`kubectl ${says}`);
  });

  test('gives the shell one word, whatever is in a name', () => {
    for (const name of ['a b', '$(reboot)', "a'b", '`x`', '']) {
      expect(kubectl.quote(name)).toMatch(/^'.*'$/);
    }
    expect(kubectl.quote("a'b")).toBe(`'a'\\''b'`);
  });
});
