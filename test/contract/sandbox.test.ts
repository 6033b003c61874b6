import { createApiServer } from '../../sandbox/api/server.ts';
import { describeApiServer } from './suite.ts';

describeApiServer('the sandbox', async (users) => {
  const server = await createApiServer();
  const tokens = new Map(users.map((user) => [user, server.tokenFor(user)]));
  return {
    url: server.url,
    caCert: server.caCert,
    adminToken: server.adminToken,
    tokenFor: (user) => tokens.get(user) ?? '',
    controllers: true,
    stop: () => server.stop(),
  };
});
