import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { harvesterSupport } from './harvester-support.ts';
import { storageSupport } from './storage-support.ts';
import { engineOf } from './evidence.ts';
import { describeProbed, parseProbed } from './probe-note.ts';
import type { SeenClass } from './read.ts';
import type { Capability } from './types.ts';

/** Judges what the VM disks of a StorageClass support. Pure; each ability independently. */
export function judgeClass(seen: SeenClass): Capability {
  const { storageClass, driver } = seen;
  const probed = parseProbed(storageClass.metadata.annotations).map(describeProbed);
  const engine = driver === names.LONGHORN_DRIVER ? engineOf(storageClass) : undefined;
  return {
    subject: ref('StorageClass', storageClass.metadata.name),
    can: storageSupport(seen, engine),
    allows: harvesterSupport(seen, engine),
    facts: {
      driver,
      ...(engine !== undefined && { engine }),
      ...(probed.length > 0 && { probed: probed.join('; ') }),
    },
  };
}
