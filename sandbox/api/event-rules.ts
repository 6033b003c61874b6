/**
 * What the real server demands of an `events.k8s.io/v1` Event: who says it, what about, what was done; and that nothing
 * but its series ever changes.
 *
 * What it does not do: let Events expire (a real server drops them after an hour, or what `--event-ttl` says), show one
 * Event under `v1` and `events.k8s.io/v1` alike (here they are two kinds).
 */
import { isDeepStrictEqual } from 'node:util';
import { field } from './errors.ts';
import type { FieldError } from './errors.ts';
import { byteLength, validateQualified } from './metadata.ts';
import type { KubeObject } from './types.ts';

/** In bytes, though the real server's messages say characters. */
const LONGEST_NOTE = 1024;
const LONGEST_WORD = 128;
const OF_THE_CLUSTER = ['default', 'kube-system'];
const fixed = [
  'action',
  'eventTime',
  'note',
  'reason',
  'regarding',
  'related',
  'reportingController',
  'reportingInstance',
  'type',
] as const;

/** The real server checks an Event as one of v1, and says so. */
const namesInV1: Readonly<Record<string, string>> = { note: 'message', regarding: 'involvedObject' };

export function validateEvent(event: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (old === undefined) {
    if (!event['eventTime']) errors.push(field.required('eventTime'));
    for (const name of ['action', 'reason', 'reportingInstance'] as const) {
      const word: unknown = event[name];
      if (typeof word !== 'string' || word === '') errors.push(field.required(name));
      else if (byteLength(word) > LONGEST_WORD) errors.push(field.invalid(name, '', 'can have at most 128 characters'));
    }
    const controller: unknown = event['reportingController'];
    if (typeof controller !== 'string' || controller === '') errors.push(field.required('reportingController'));
    else errors.push(...validateQualified('reportingController', controller));
    if (event['type'] !== 'Normal' && event['type'] !== 'Warning') {
      errors.push(field.invalid('type', '', `has invalid value: ${event['type'] ?? ''}`));
    }
    if (byteLength(event['note'] ?? '') > LONGEST_NOTE) {
      errors.push(field.invalid(namesInV1['note']!, '', 'can have at most 1024 characters'));
    }
    // What has a namespace may be told of anywhere, what has none only where everybody looks.
    if (!event['regarding']?.namespace && !OF_THE_CLUSTER.includes(event.metadata.namespace ?? '')) {
      errors.push(field.invalid('involvedObject.namespace', '', 'does not match event.namespace'));
    }
  } else {
    for (const name of fixed) {
      if (!isDeepStrictEqual(old[name], event[name])) {
        errors.push(field.invalid(namesInV1[name] ?? name, event[name] ?? '', 'field is immutable'));
      }
    }
  }
  const { series } = event;
  if (series !== undefined && series !== null && !isDeepStrictEqual(series, old?.['series'])) {
    if (!(series.count >= 2)) errors.push(field.invalid('series.count', series.count ?? 0, 'should be at least 2'));
    if (!series.lastObservedTime) errors.push(field.required('series.lastObservedTime'));
  }
  return errors;
}
