import { notesToSet } from '../../shared/capability/notes.ts';
import { describeRef, ref } from '../../shared/domain/kinds.ts';
import { PROBED_ANNOTATION } from '../../shared/domain/names.ts';
import type { Applier } from '../../shared/kube/apply.ts';
import { ConflictError, GoneError } from '../../shared/ports/errors.ts';
import type { Reader } from '../../shared/ports/reader.ts';
import type { Io } from '../io.ts';

const MAX_ATTEMPTS = 5;

/** Removes Gleaner's annotations from every StorageClass, and no others. */
export async function clearNotes(reader: Reader, applier: Applier, dryRun: boolean, io: Io): Promise<void> {
  let cleared = 0;
  for await (const { metadata } of reader.list('StorageClass')) {
    if (!(await clearOne(reader, applier, metadata.name))) continue;
    cleared++;
    const name = describeRef(ref('StorageClass', metadata.name));
    await io.out(`${name}: ${dryRun ? 'annotations would be removed' : 'annotations removed'}\n`);
  }
  await io.out(
    cleared === 0
      ? 'No StorageClass has Gleaner’s annotations.\n'
      : 'If the function check-capability runs, it adds them again, unless GLEANER_CHECK_CAPABILITY_ANNOTATE=off is set.\n',
  );
}

function toTakeOff(annotations: Readonly<Record<string, string>> | null | undefined) {
  const probed = annotations?.[PROBED_ANNOTATION] === undefined ? {} : { [PROBED_ANNOTATION]: undefined };
  return { ...notesToSet(annotations, undefined), ...probed };
}

async function clearOne(reader: Reader, applier: Applier, name: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const found = await reader.get('StorageClass', name);
    const annotations = toTakeOff(found?.metadata.annotations);
    if (found === undefined || Object.keys(annotations).length === 0) return attempt > 1;
    const { uid, resourceVersion } = found.metadata;
    const target = { kind: 'StorageClass', name, uid, resourceVersion } as const;
    try {
      for await (const { result } of applier.apply([{ do: 'annotateClass', target, annotations }])) {
        return result === 'done';
      }
    } catch (error) {
      const moved = error instanceof ConflictError || error instanceof GoneError;
      if (!moved || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
