import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../sandbox/index.ts';
import type { Figure } from '../figure.ts';
import { median, ratioFigure } from '../figure.ts';
import type { ServerName } from '../server-process.ts';
import { contentEvent, postWhenUp, startServer } from '../server-process.ts';

/**
 * Process start → first write seen by the API server, over TLS. Gleaner reads before it writes; the bare server writes a
 * given request. The write is refused, so that every run starts from the same state.
 */
export async function firstWrite(runs: number): Promise<Figure[]> {
  const sandbox = await startSandbox({ scenario: 'wrong-handle' });
  try {
    await sandbox.settle();
    const contents = await sandbox.client.list('snapshot.storage.k8s.io/v1/VolumeSnapshotContent');
    const wrong = contents.find(({ spec }) => String(spec.source.snapshotHandle).startsWith('bs://'));
    if (wrong === undefined) throw new Error('nothing is wrong in the sandbox');
    const folder = mkdtempSync(join(tmpdir(), 'gleaner-bench-'));
    const file = (name: string, text: string) => (writeFileSync(join(folder, name), text), join(folder, name));
    const environments: Record<ServerName, Record<string, string>> = {
      bare: {
        WRITE_TO: `${sandbox.api.url}/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents`,
        WRITE_BODY: JSON.stringify({ ...wrong, metadata: { name: 'bench' } }),
        CA_FILE: file('ca.pem', sandbox.api.caCert),
        TOKEN: sandbox.api.adminToken,
      },
      gleaner: { KUBECONFIG: file('kubeconfig', sandbox.api.kubeconfig()) },
    };

    const ms: Record<ServerName, number[]> = { bare: [], gleaner: [] };
    for (let run = 0; run < runs; run++) {
      for (const name of ['bare', 'gleaner'] as const) {
        let seenMs = NaN;
        sandbox.api.setFault(({ verb }) => {
          if (verb === 'get' || verb === 'list' || verb === 'watch') return undefined;
          if (Number.isNaN(seenMs)) seenMs = performance.now();
          return { kind: 'status', code: 403, reason: 'Forbidden' };
        });
        const server = await startServer(name, environments[name]);
        await postWhenUp(server.port, contentEvent(wrong));
        if (Number.isNaN(seenMs)) throw new Error(`${name} wrote nothing`);
        ms[name].push(seenMs - server.startMs);
        await server.stop();
      }
    }
    return [
      ratioFigure({
        name: 'cold start to first write',
        unit: 'ms',
        value: median(ms.gleaner),
        baseline: median(ms.bare),
        goal: 2.5,
        note: `process start to the first write at the API server, median of ${runs}, against a bare server that sends one raw HTTPS write`,
      }),
    ];
  } finally {
    await sandbox.stop();
  }
}
