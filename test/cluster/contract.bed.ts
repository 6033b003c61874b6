/** The API-server contract, the same suite that the sandbox keeps, on a real kube-apiserver. */
import { describeApiServer } from '../contract/suite.ts';
import { down, restartApiServer, up } from './cluster.ts';
import { accessOf, compactEtcd } from './control-plane.ts';
import { parseChoice } from './parts.ts';

const TITLE = 'contract';
/** The line whose definitions say most; 1.4.2 and 1.8.0 do not require `status.source` of a VMBackup, 1.6.0 does. */
const DEFINITIONS = { harvester: '1.6.0', longhorn: '1.8.1' };

describeApiServer('kube-apiserver', async (users) => {
  const bed = await up({ name: TITLE, choice: parseChoice('longhorn=none'), definitionsOf: DEFINITIONS, users });
  await restartApiServer(bed); // a server just born has no history that could be too old
  const { server, token, ca } = await accessOf(bed);
  return {
    url: server,
    caCert: ca,
    adminToken: token,
    tokenFor: (user) => bed.tokens[user] ?? '',
    controllers: true,
    forgetHistory: async () => {
      await compactEtcd(bed);
      await restartApiServer(bed);
    },
    stop: async () => void (await down(TITLE)),
  };
});
