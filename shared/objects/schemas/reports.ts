import * as z from 'zod/mini';
import { ClusterMeta, NamespacedMeta, Regarding, once, stringMap, text } from './shape.ts';

export const Event = () =>
  z.object({
    metadata: NamespacedMeta(),
    reason: z.nullish(text),
    type: z.nullish(text),
    note: z.nullish(text),
    eventTime: z.nullish(text),
    deprecatedLastTimestamp: z.nullish(text),
    regarding: z.nullish(Regarding()),
    series: z.nullish(z.object({ count: z.number(), lastObservedTime: z.nullish(text) })),
  });

/** `PolicyReport` and `Report` agree in the fields that Gleaner uses. */
const report = once(() => ({
  scope: z.nullish(Regarding()),
  summary: z.nullish(z.object({ fail: z.nullish(z.number()), warn: z.nullish(z.number()) })),
  results: z.nullish(
    z.array(
      z.object({
        rule: z.nullish(text),
        result: z.nullish(text),
        message: z.nullish(text),
        properties: z.nullish(stringMap),
        timestamp: z.nullish(z.object({ seconds: z.number(), nanos: z.number() })),
      }),
    ),
  ),
}));

export const PolicyReport = () => z.object({ metadata: NamespacedMeta(), ...report() });

export const Report = PolicyReport;

export const ClusterPolicyReport = () => z.object({ metadata: ClusterMeta(), ...report() });

export const ClusterReport = ClusterPolicyReport;
