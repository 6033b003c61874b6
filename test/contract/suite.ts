/**
 * The API server's contract, as facts that hold over HTTPS. It knows nothing of the server's inside: the same suite
 * runs on the sandbox and on a real kube-apiserver that has the snapshot, Harvester and Longhorn CRDs.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { Client } from './client.ts';
import type { Connection } from './client.ts';
import { admissionFacts } from './admission.ts';
import { applyFacts } from './apply.ts';
import { collectionFacts } from './collection.ts';
import { deletionFacts } from './deletion.ts';
import { discoveryFacts } from './discovery.ts';
import { eventFacts } from './events.ts';
import { historyFacts } from './history.ts';
import { listFacts } from './lists.ts';
import { objectFacts } from './objects.ts';
import { patchFacts } from './patches.ts';
import { rbacFacts } from './rbac.ts';
import { updateFacts } from './updates.ts';
import { watchFacts } from './watches.ts';
import { USERS, makeWorld } from './world.ts';
import type { World } from './world.ts';

export type { Connection };

/** `connect` is given the users for which it must have a token; it need not grant them anything. */
export function describeApiServer(name: string, connect: (users: readonly string[]) => Promise<Connection>): void {
  describe(name, () => {
    let world: World;

    beforeAll(async () => {
      const connection = await connect(Object.values(USERS));
      world = makeWorld(new Client(connection), connection);
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: world.namespace } };
      await world.client.post('/api/v1/namespaces', namespace);
    });
    afterAll(async () => {
      world.client.close();
      await world.connection.stop();
    });

    describe('discovery', () => discoveryFacts(() => world));
    describe('objects', () => objectFacts(() => world));
    describe('lists', () => listFacts(() => world));
    describe('watches', () => watchFacts(() => world));
    describe('updates', () => updateFacts(() => world));
    describe('patches', () => patchFacts(() => world));
    describe('server-side apply', () => applyFacts(() => world));
    describe('deletion', () => deletionFacts(() => world));
    describe('owners and namespaces', () => collectionFacts(() => world));
    describe('admission', () => admissionFacts(() => world));
    describe('events', () => eventFacts(() => world));
    describe('access', () => rbacFacts(() => world));
    // Last, for it takes the history away from under the others.
    describe('history', () => historyFacts(() => world));
  });
}
