import { ref } from '../domain/kinds.ts';
import * as names from '../domain/names.ts';
import { harvesterSupport } from './harvester-support.ts';
import { storageSupport } from './storage-support.ts';
import { engineOf } from './evidence.ts';
import { describeProbed, parseProbed } from './probe-note.ts';
import type { SeenClass } from './read.ts';
import type { Capability } from './types.ts';

/** What can be done with the disks that a StorageClass gives VMs. Pure: every question by itself, from what was seen alone. */
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
