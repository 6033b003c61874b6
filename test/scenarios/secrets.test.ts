import { expect, test } from '@jest/globals';
import { secretMarker } from '../../sandbox/scenarios/build.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import { inWorld, sweepAll } from './world.ts';

/** What VMBackups and the target's Setting hold never gets past the door: no later part could leak it. */
test.each(['recovered', 'restore-hanging', 'broken'])(
  'no secret is read, planned or reported: %s',
  async (scenario) => {
    await inWorld({ scenario }, async (world) => {
      const stored = JSON.stringify(await world.sandbox.client.list('harvesterhci.io/v1beta1/VirtualMachineBackup'));
      const forms = [secretMarker, Buffer.from(secretMarker).toString('base64').slice(0, 16)];
      expect(forms.some((form) => stored.includes(form))).toBe(true);

      const seen: unknown[] = [];
      const { reader } = world.client;
      const recording: Reader = {
        get: async (kind, name, namespace) => {
          const object = await reader.get(kind, name, namespace);
          seen.push(object);
          return object;
        },
        async *list(kind, options) {
          for await (const object of reader.list(kind, options)) {
            seen.push(object);
            yield object;
          }
        },
        serves: (kind) => reader.serves(kind),
      };
      const run = await sweepAll({ ...world, client: { ...world.client, reader: recording } });
      const text = JSON.stringify([seen, run.findings, run.failures.map((f) => [f.message, f.stack])]);
      expect(seen.length).toBeGreaterThan(10);
      for (const form of forms) expect(text).not.toContain(form);
    });
  },
);
