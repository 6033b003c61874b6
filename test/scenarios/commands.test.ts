import { describe, expect, jest, test } from '@jest/globals';
import { annotateCommand, getCommand, listCommand } from '../../shared/domain/kubectl.ts';
import { ref } from '../../shared/domain/kinds.ts';
import { findScenario } from '../../sandbox/scenarios/index.ts';
import { commandsIn, commandsOf, onServer, troublesOf } from '../gen/commands.ts';
import { startStill } from './odd/static.ts';
import { everyScenario } from './world.ts';

jest.setTimeout(180_000);

/** What Gleaner prints of each world, asked in each way that prints commands. */
async function printed(name: string): Promise<{ commands: string[]; troubles: string[] }> {
  const scenario = findScenario(name);
  const all = scenario.objects(scenario);
  const still = await startStill(all);
  try {
    const asked = [['scan'], ['plan'], ['doctor'], ['capability'], ['advise']];
    for (const { kind, metadata } of all) {
      if (kind === 'VirtualMachineBackup')
        asked.push(
          ['preflight', metadata.name, '-n', metadata.namespace ?? ''],
          ['explain', `vmbackup/${metadata.name}`, '-n', metadata.namespace ?? ''],
        );
      if (kind === 'VirtualMachineRestore')
        asked.push(['explain', `vmrestore/${metadata.name}`, '-n', metadata.namespace ?? '']);
    }
    const commands = new Set<string>();
    for (const argv of asked) {
      const { out, code, err } = await still.run(...argv, '-o', 'json');
      if (code > 1) throw new Error(`${argv.join(' ')}: ${err}`);
      for (const command of commandsOf(JSON.parse(out))) commands.add(command);
    }
    const troubles: string[] = [];
    for (const command of commands) troubles.push(...(await troublesOf(command, onServer(still.api))));
    return { commands: [...commands], troubles };
  } finally {
    await still.stop();
  }
}

describe('every command that is printed works where it is printed', () => {
  test.each(everyScenario)('%s', async (name) => {
    const { commands, troubles } = await printed(name);
    expect(commands.length).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  });
});

describe('a command that does not work is noticed', () => {
  const well = ref('PersistentVolumeClaim', 'web', 'prod');
  test.each([
    [getCommand(ref('StorageClass', 'harvester-longhorn')), undefined],
    [listCommand('VolumeSnapshot', { namespace: 'prod' }), undefined],
    [listCommand('VolumeSnapshot', { namespace: 'prod', labels: { a: 'b' } }), undefined],
    [getCommand(well), 'no such object'],
    [annotateCommand(well, 'a', 'b c'), 'no such object'],
    ['kubectl get vmbackup web -n prod', 'no resource vmbackup'],
    ['kubectl get virtualmachinebackups.harvesterhci.io', 'no namespace'],
    ['kubectl get storageclasses.storage.k8s.io -n prod', 'a namespace too many'],
    ['kubectl delete virtualmachinebackups.harvesterhci.io -n prod', 'no name'],
    ['kubectl get storageclasses.storage.k8s.io harvester-longhorn && kubectl get sc', 'no resource sc'],
    ['gleaner scan vmbackup/web -n prod', undefined],
    ['gleaner scan sc/web', 'gleaner refuses'],
    ['gleaner scan --nonsense', 'gleaner refuses'],
  ])('%s', async (command, trouble) => {
    const still = await startStill([]);
    try {
      expect(await troublesOf(command, onServer(still.api))).toEqual(
        trouble === undefined ? [] : [expect.stringContaining(trouble)],
      );
    } finally {
      await still.stop();
    }
  });

  test('a line is taken apart as the shell does', () => {
    expect(commandsIn(`a 'b c'\\''d' -p '{"x":1}'; e "f g" | h && i $(j k) # l`)).toEqual([
      ['a', "b c'd", '-p', '{"x":1}'],
      ['e', 'f g'],
      ['h'],
      ['j', 'k'],
      ['i', 'SUBSTITUTED'],
    ]);
  });
});
