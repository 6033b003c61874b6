/** The baseline for a scan: reads the lists of `gleaner scan` page by page, parses them and drops them. */
const { Agent, request } = require('node:http');

const [, , server] = process.argv;
const agent = new Agent({ keepAlive: true });
const lists = [
  '/apis/longhorn.io/v1beta2/namespaces/longhorn-system/backups',
  '/apis/longhorn.io/v1beta2/namespaces/longhorn-system/backupvolumes',
  '/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents',
  '/apis/snapshot.storage.k8s.io/v1/volumesnapshots',
  '/apis/harvesterhci.io/v1beta1/virtualmachinebackups',
];

const page = (path) =>
  new Promise((resolve, reject) => {
    request(server + path, { agent }, (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    })
      .on('error', reject)
      .end();
  });

void (async () => {
  for (const path of lists) {
    let next = '';
    do {
      const { metadata } = await page(`${path}?limit=500${next && `&continue=${next}`}`);
      next = metadata.continue ?? '';
    } while (next !== '');
  }
  agent.destroy();
})();
