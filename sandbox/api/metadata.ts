/** Rules of `metadata`: names, system fields, what an update may touch. */
import { randomInt, randomUUID } from 'node:crypto';
import { field } from './errors.ts';
import type { FieldError } from './errors.ts';
import type { KindTraits, KubeObject, ObjectMeta, OwnerReference } from './types.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const NAME_PART_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** Keys and values together. */
const ANNOTATIONS_BYTES = 256 * 1024;

/** No vowels and no look-alikes: the alphabet of the real server's random names. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function generateName(base: string): string {
  const suffix = Array.from({ length: 5 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]);
  return base.slice(0, 58) + suffix.join('');
}

/** The real server counts bytes, also where it says characters. */
export const byteLength = (text: string): number => Buffer.byteLength(text);

/** Seconds are the finest that metadata knows. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

/** What a client sends for the fields that the server owns is replaced. */
export function fillSystemFields(object: KubeObject, kind: KindTraits): void {
  const { metadata } = object;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp();
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.resourceVersion;
  delete (metadata as { selfLink?: string }).selfLink;
  if (kind.generation) metadata.generation = 1;
  else delete metadata.generation;
}

/** An update keeps the server's fields, whatever the client sent, except those whose change must be refused. */
export function keepSystemFields(object: KubeObject, old: KubeObject): void {
  const [meta, before] = [object.metadata, old.metadata];
  meta.uid ??= before.uid!;
  keep('creationTimestamp');
  keep('generation');
  // Only a DELETE sets it (see validateMetadataUpdate), and nothing takes it back.
  if (before.deletionTimestamp) keep('deletionTimestamp');
  keep('deletionGracePeriodSeconds');
  delete (meta as { selfLink?: string }).selfLink;

  function keep<Key extends keyof ObjectMeta>(name: Key): void {
    if (before[name] === undefined) delete meta[name];
    else meta[name] = before[name];
  }
}

/** Empty maps and lists are not stored. */
export function dropEmpty(metadata: ObjectMeta): void {
  for (const name of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    const value = metadata[name];
    if (value === null || (value !== undefined && Object.keys(value).length === 0)) delete metadata[name];
  }
}

export function validateMetadata(object: KubeObject, kind: KindTraits): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (!metadata.name) errors.push(field.required('metadata.name', 'name or generateName is required'));
  else errors.push(...validateName(metadata.name, kind));
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    errors.push(...validateQualified('metadata.labels', key));
    if (byteLength(value) > 63) {
      errors.push(field.invalid('metadata.labels', value, 'must be no more than 63 characters'));
    }
    if (!LABEL_VALUE.test(value)) errors.push(field.invalid('metadata.labels', value, LABEL_VALUE_RULE));
  }
  let annotationsBytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    errors.push(...validateQualified('metadata.annotations', key.toLowerCase()));
    annotationsBytes += byteLength(key) + byteLength(value);
  }
  if (annotationsBytes > ANNOTATIONS_BYTES) errors.push(field.tooLong('metadata.annotations', ANNOTATIONS_BYTES));
  metadata.finalizers?.forEach((name, index) => errors.push(...validateFinalizer(name, index, kind)));
  errors.push(...validateOwners(metadata.ownerReferences ?? []));
  return errors;
}

/** `name`, or `sub.domain/name`. */
export function validateQualified(path: string, key: string): FieldError[] {
  const [name, prefix, ...rest] = key.split('/').reverse() as [string, ...string[]];
  if (rest.length > 0) return [field.invalid(path, key, 'a qualified name must consist of at most one /')];
  const errors: FieldError[] = [];
  if (prefix !== undefined && !SUBDOMAIN.test(prefix)) {
    errors.push(field.invalid(path, key, `prefix part ${SUBDOMAIN_RULE}`));
  }
  if (byteLength(name) > 63) errors.push(field.invalid(path, key, 'name part must be no more than 63 characters'));
  if (!NAME_PART.test(name)) errors.push(field.invalid(path, key, NAME_PART_RULE));
  return errors;
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Only built-in kinds insist on a slash: Longhorn's finalizer is `longhorn.io`. */
function validateFinalizer(name: string, index: number, kind: KindTraits): FieldError[] {
  const errors = validateQualified('metadata.finalizers', name);
  if (errors.length > 0 || kind.custom || name.includes('/') || STANDARD_FINALIZERS.includes(name)) return errors;
  const rule = 'name is neither a standard finalizer name nor is it fully qualified';
  return [field.invalid(`metadata.finalizers[${index}]`, name, rule)];
}

function validateOwners(owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const owner of owners) {
    for (const name of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[name]) errors.push(field.invalid(`metadata.ownerReferences.${name}`, '', 'must not be empty'));
    }
  }
  const [first, second] = owners.filter((owner) => owner.controller);
  if (first && second) {
    const names = `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
    const rule = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    errors.push(field.invalid('metadata.ownerReferences', owners, rule));
  }
  return errors;
}

function validateName(name: string, kind: KindTraits): FieldError[] {
  const invalid = (rule: string): FieldError[] => [field.invalid('metadata.name', name, rule)];
  if (kind.looseNames) return /[/%]|^\.\.?$/.test(name) ? invalid("may not contain '/' or '%'") : [];
  const [most, form, rule] =
    kind.id === 'v1/Namespace' ? ([63, LABEL, LABEL_RULE] as const) : ([253, SUBDOMAIN, SUBDOMAIN_RULE] as const);
  return [
    ...(byteLength(name) > most ? invalid(`must be no more than ${most} characters`) : []),
    ...(form.test(name) ? [] : invalid(rule)),
  ];
}

export function validateMetadataUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [meta, before] = [object.metadata, old.metadata];
  const errors: FieldError[] = [];
  if (meta.uid !== before.uid) errors.push(field.invalid('metadata.uid', meta.uid, 'field is immutable'));
  if (meta.deletionTimestamp && !before.deletionTimestamp) {
    errors.push(field.invalid('metadata.deletionTimestamp', meta.deletionTimestamp, 'field is immutable'));
  }
  if (before.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((finalizer) => !before.finalizers?.includes(finalizer));
    if (added.length > 0) {
      const names = added.map((finalizer) => `"${finalizer}"`).join(', ');
      errors.push(
        field.forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
        ),
      );
    }
  }
  return errors;
}
