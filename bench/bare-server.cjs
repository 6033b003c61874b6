/**
 * The baseline for Gleaner: the smallest process that answers events over HTTP (`node:http`, JSON.parse, 204). CommonJS,
 * because that starts faster: as an ES module, `import 'node:http'` also loads fetch and WebSocket. With WRITE_TO it
 * sends one raw HTTPS write before it answers, configured by the environment.
 */
const { createServer } = require('node:http');

const { PORT, WRITE_TO, WRITE_BODY, CA_FILE, TOKEN } = process.env;

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    JSON.parse(Buffer.concat(chunks).toString());
    if (WRITE_TO !== undefined) await write();
    response.writeHead(204).end();
  });
});
server.listen(Number(PORT));

async function write() {
  const { request } = require('node:https');
  const { readFileSync } = require('node:fs');
  await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const outgoing = request(WRITE_TO, { method: 'POST', ca: readFileSync(CA_FILE), headers }, (incoming) =>
      incoming.resume().on('end', resolve),
    );
    outgoing.on('error', reject);
    outgoing.end(WRITE_BODY);
  });
}
