import * as z from 'zod/mini';
import { claimsIn, leftOutIn, vmSpecIn } from '../vm-spec.ts';
import { DatedCondition, NamespacedMeta, text } from './shape.ts';

export const VirtualMachine = () =>
  z.object({
    metadata: NamespacedMeta(),
    spec: z.pipe(
      z.unknown(),
      z.transform((spec) => ({ ...vmSpecIn({ spec }), claims: claimsIn(spec), leftOut: leftOutIn(spec) })),
    ),
    status: z.nullish(
      z.object({
        printableStatus: z.nullish(text),
        ready: z.nullish(z.boolean()),
        conditions: z.nullish(z.array(DatedCondition())),
      }),
    ),
  });

/** A running VM. Drops its spec, which may contain cloud-init with passwords. */
export const VirtualMachineInstance = () =>
  z.object({
    metadata: NamespacedMeta(),
    status: z.nullish(
      z.object({
        phase: z.nullish(text),
        /** When it first entered each phase. */
        phaseTransitionTimestamps: z.nullish(
          z.array(z.object({ phase: z.nullish(text), phaseTransitionTimestamp: z.nullish(text) })),
        ),
        conditions: z.nullish(z.array(DatedCondition())),
        /** `frozen`, or empty. */
        fsFreezeStatus: z.nullish(text),
        interfaces: z.nullish(z.array(z.object({ mac: z.nullish(text) }))),
      }),
    ),
  });

export const NetworkAttachmentDefinition = () => z.object({ metadata: NamespacedMeta() });
