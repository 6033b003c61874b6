import { isDeleting } from '../../shared/chain/metadata.ts';
import type { Ref } from '../../shared/domain/kinds.ts';
import { ref } from '../../shared/domain/kinds.ts';
import type { Routed } from '../../shared/function.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Config } from './config.ts';
import { isRecent } from './plan.ts';

/** Recent restores: their events may have been lost, or Gleaner may have been installed later. */
export const scheduled = (config: Config, nowMs: number): Routed => ({
  search: (reader) => search(reader, config, nowMs),
});

async function* search(reader: Reader, config: Config, nowMs: number): AsyncGenerator<Ref> {
  for await (const restore of reader.list('VirtualMachineRestore')) {
    if (isDeleting(restore) || restore.status?.complete === true || !isRecent(restore, config, nowMs)) continue;
    yield ref('VirtualMachineRestore', restore.metadata.name, restore.metadata.namespace);
  }
}
