import { afterEach, describe, expect, test } from '@jest/globals';
import type { ApiServerOptions } from '../../../sandbox/api/types.ts';
import { CONFIG_MAPS, CONTENTS, configMap, content, sandbox } from './connect.ts';
import type { Sandbox } from './connect.ts';

let box: Sandbox;
const start = async (options?: ApiServerOptions): Promise<void> => {
  box = await sandbox(options);
};
afterEach(() => box.stop());

const version = async (): Promise<string> => (await box.client.get(CONFIG_MAPS)).body.metadata.resourceVersion;
const names = (body: any): string[] => body.items.map((item: any) => item.metadata.name);

async function createMany(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await box.server.client('test').create(configMap(`c${index}`));
}

describe('a short history', () => {
  test('lets a watch resume within it', async () => {
    await start({ watchHistory: 5 });
    const resourceVersion = await version();
    await createMany(5);
    const watch = await box.client.watch(CONFIG_MAPS, { resourceVersion });
    await watch.until((it) => it.events.length === 5);
    watch.close();
    expect(watch.summary()).toEqual(['ADDED c0', 'ADDED c1', 'ADDED c2', 'ADDED c3', 'ADDED c4']);
  });

  test('answers 410 to a watch from before it', async () => {
    await start({ watchHistory: 5 });
    const resourceVersion = await version();
    await createMany(6);
    const watch = await box.client.watch(CONFIG_MAPS, { resourceVersion });
    await watch.untilEnded();
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  });

  test('does not forget one kind because of writes to another', async () => {
    await start({ watchHistory: 5 });
    const { body } = await box.client.get(CONTENTS);
    await createMany(20);
    await box.server.client('test').create(content('late'));
    const watch = await box.client.watch(CONTENTS, { resourceVersion: body.metadata.resourceVersion });
    await watch.until((it) => it.events.length === 1);
    watch.close();
    expect(watch.summary()).toEqual(['ADDED late']);
  });

  test('expires continue tokens, with a token to go on inconsistently', async () => {
    await start({ watchHistory: 3 });
    await createMany(3);
    const first = (await box.client.get(CONFIG_MAPS, { query: { limit: '1' } })).body;
    await box.server.client('test').delete('v1/ConfigMap', 'c1', 'default');
    for (const x of ['1', '2', '3', '4']) await box.client.mergePatch(`${CONFIG_MAPS}/c2`, { data: { x } });
    const expired = await box.client.get(CONFIG_MAPS, { query: { limit: '1', continue: first.metadata.continue } });
    expect({ code: expired.code, reason: expired.body.reason }).toEqual({ code: 410, reason: 'Expired' });
    expect(expired.body.message).toMatch(/^The provided continue parameter is too old/);
    const rest = await box.client.get(CONFIG_MAPS, { query: { continue: expired.body.metadata.continue } });
    expect(names(rest.body)).toEqual(['c2']);
  });
});

describe('a long list', () => {
  test('is read whole and once, page by page, while it is written to', async () => {
    await start();
    const count = 20_000;
    const name = (index: number): string => `content-${String(index).padStart(6, '0')}`;
    box.server.seed(Array.from({ length: count }, (_, index) => content(name(index))));
    const seen: string[] = [];
    let token = '';
    do {
      const query: Record<string, string> = { limit: '3000', ...(token && { continue: token }) };
      const { body } = await box.client.get(CONTENTS, { query });
      seen.push(...names(body));
      token = body.metadata.continue ?? '';
      await box.server
        .client('test')
        .delete('snapshot.storage.k8s.io/v1/VolumeSnapshotContent', name(seen.length + 5))
        .catch(() => undefined);
    } while (token);
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => name(index)));
  });

  test('is sorted whatever the order of creation', async () => {
    await start();
    for (const name of ['m', 'z', 'a', 'q', 'b']) await box.server.client('test').create(content(name));
    expect(names((await box.client.get(CONTENTS)).body)).toEqual(['a', 'b', 'm', 'q', 'z']);
  });
});
