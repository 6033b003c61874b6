/**
 * A small structural schema: defaults, pruning of unknown fields, required fields, types, enums and rules.
 * Rules stand for the CEL expressions of a CRD and are written as functions.
 *
 * What it does not do: formats, patterns, lengths, list types, `nullable` (no field of crds.ts is).
 */
import { field } from './errors.ts';
import type { FieldError } from './errors.ts';

type Json = any; // a value of any shape

export interface Rule {
  message: string;
  /** `old` is undefined on create; rules that compare (`transition`) are then left out. */
  holds: (self: Json, old: Json) => boolean;
  /** Compares with the old value, so it holds by itself when there is none. */
  transition?: boolean;
}

export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  /** With properties, unknown fields are dropped as the real server does, unless the schema is `open`. */
  properties?: Record<string, Schema>;
  open?: boolean;
  required?: readonly string[];
  items?: Schema;
  enum?: readonly string[];
  default?: Json;
  rules?: readonly Rule[];
}

/** Shorthands, so that the tables in crds.ts read like the CRDs. */
export const string: Schema = { type: 'string' };
export const integer: Schema = { type: 'integer' };
export const boolean: Schema = { type: 'boolean' };
export const anything: Schema = {};
export const object = (properties: Record<string, Schema>, more: Omit<Schema, 'type' | 'properties'> = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
export const array = (items: Schema): Schema => ({ type: 'array', items });

/** Fills defaults in, drops nulls and unknown fields, in place; answers with the paths of the unknown ones. */
export function conform(schema: Schema, value: Json, path = ''): string[] {
  const items = schema.items;
  if (Array.isArray(value)) {
    return items ? value.flatMap((item, index) => conform(items, item, `${path}[${index}]`)) : [];
  }
  if (value === null || typeof value !== 'object' || !schema.properties) return [];
  for (const [name, child] of Object.entries(value)) if (child === null) delete value[name];
  const dropped: string[] = [];
  for (const [name, child] of Object.entries(schema.properties)) {
    if (value[name] === undefined && child.default !== undefined) value[name] = structuredClone(child.default);
    dropped.push(...conform(child, value[name], join(path, name)));
  }
  for (const name of schema.open ? [] : Object.keys(value)) {
    if (Object.hasOwn(schema.properties, name)) continue;
    delete value[name];
    dropped.push(join(path, name));
  }
  return dropped;
}

/** Every violated constraint of the shape: types, enums, required fields. */
export function validateShape(schema: Schema, value: Json): FieldError[] {
  return checkShape(schema, value, '');
}

/** Every violated rule; to be asked when no error is blocking. */
export function validateRules(schema: Schema, value: Json, old: Json): FieldError[] {
  return checkRules(schema, value, old, '');
}

export function hasRules(schema: Schema): boolean {
  const children = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])];
  return schema.rules !== undefined || children.some(hasRules);
}

/** Errors that keep rules from being asked; a value that is merely wrong does not. */
export function isBlocking(error: FieldError): boolean {
  return error.reason !== 'FieldValueInvalid' && error.reason !== 'FieldValueForbidden';
}

/** Added where rules were not asked because something else was wrong already. */
export const RULES_NOT_CHECKED: FieldError = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; ' +
    'correct the existing errors to complete validation',
};

function checkShape(schema: Schema, value: Json, path: string): FieldError[] {
  const actual = typeOf(value);
  if (schema.type && actual !== schema.type) {
    const message = `${path} in body must be of type ${schema.type}: "${actual}"`;
    return [{ ...field.invalid(path, actual, message), reason: 'FieldValueTypeInvalid' }];
  }
  const errors: FieldError[] = [];
  if (schema.enum && !schema.enum.includes(value)) errors.push(field.notSupported(path, value, schema.enum));
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) errors.push(field.required(join(path, name)));
  }
  forEachChild(schema, value, path, (child, item, at) => errors.push(...checkShape(child, item, at)));
  return errors;
}

function checkRules(schema: Schema, value: Json, old: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const rule of schema.rules ?? []) {
    if (rule.transition && old === undefined) continue;
    if (!rule.holds(value, old)) errors.push(field.invalid(path, typeOf(value), rule.message));
  }
  forEachChild(schema, value, path, (child, item, at, key) => {
    // Items of a plain list have no counterpart in the old object.
    const before = typeof key === 'string' ? old?.[key] : undefined;
    errors.push(...checkRules(child, item, before, at));
  });
  return errors;
}

function forEachChild(
  schema: Schema,
  value: Json,
  path: string,
  visit: (schema: Schema, value: Json, path: string, key: string | number) => void,
): void {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items) value.forEach((item, index) => visit(items, item, `${path}[${index}]`, index));
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (value[name] !== undefined) visit(child, value[name], join(path, name), name);
  }
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}
