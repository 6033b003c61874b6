import { createApiServer } from '../../sandbox/api/server.ts';
import { describeApiServer } from './suite.ts';

const HISTORY = 1_000;

describeApiServer('the sandbox', async (users) => {
  const server = await createApiServer({ watchHistory: HISTORY });
  const tokens = new Map(users.map((user) => [user, server.tokenFor(user)]));
  return {
    url: server.url,
    caCert: server.caCert,
    adminToken: server.adminToken,
    tokenFor: (user) => tokens.get(user) ?? '',
    controllers: true,
    forgetHistory: async () => {
      const client = server.client('contract');
      for (let i = 0; i <= HISTORY; i++) {
        const metadata = { name: `forgets-${i}-${Date.now()}`, namespace: 'default' };
        await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      }
    },
    stop: () => server.stop(),
  };
});
