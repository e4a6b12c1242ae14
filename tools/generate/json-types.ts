import { isObject, stringsOf } from './json-value.ts';
import type { JsonObject } from './json-value.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * A TypeScript declaration for a JSON Schema whose root is an object, and one for each of its `$defs`.
 * Patterns, ranges and conditions are the validator's business and do not show in the type.
 */
export function jsonTypes(schema: JsonObject, name: string, prefix: string): string {
  const defs = isObject(schema['$defs']) ? schema['$defs'] : {};
  const parts = [declaration(schema, name, prefix)];
  for (const [key, def] of Object.entries(defs)) {
    if (isObject(def)) parts.push(declaration(def, defName(key, prefix), prefix));
  }
  return parts.join('\n\n');
}

function declaration(schema: JsonObject, name: string, prefix: string): string {
  const doc = typeof schema['description'] === 'string' ? `/** ${schema['description']} */\n` : '';
  return `${doc}export type ${name} = ${typeOf(schema, prefix)};`;
}

function typeOf(schema: unknown, prefix: string): string {
  if (!isObject(schema)) return 'JsonValue';
  if (typeof schema['$ref'] === 'string') return defName(schema['$ref'].replace('#/$defs/', ''), prefix);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema['const']);
  for (const word of ['oneOf', 'anyOf'] as const) {
    const branches = schema[word];
    if (Array.isArray(branches) && schema['type'] === undefined) {
      return branches.map((branch) => typeOf(branch, prefix)).join(' | ');
    }
  }
  const types = typeof schema['type'] === 'string' ? [schema['type']] : stringsOf(schema['type']);
  return types.length === 0 ? 'JsonValue' : types.map((type) => oneType(type, schema, prefix)).join(' | ');
}

function oneType(type: string, schema: JsonObject, prefix: string): string {
  if (type === 'array') return `readonly (${typeOf(schema['items'], prefix)})[]`;
  if (type === 'object') return objectType(schema, prefix);
  return SIMPLE[type] ?? 'JsonValue';
}

function objectType(schema: JsonObject, prefix: string): string {
  if (!isObject(schema['properties'])) {
    const values = isObject(schema['additionalProperties'])
      ? typeOf(schema['additionalProperties'], prefix)
      : 'JsonValue';
    return `Readonly<Record<string, ${values}>>`;
  }
  const required = new Set(stringsOf(schema['required']));
  const lines = Object.entries(schema['properties']).map(([key, property]) => {
    const doc =
      isObject(property) && typeof property['description'] === 'string' ? `/** ${property['description']} */\n` : '';
    return `${doc}readonly ${key}${required.has(key) ? '' : '?'}: ${typeOf(property, prefix)};`;
  });
  return `{\n${lines.join('\n')}\n}`;
}

function defName(key: string, prefix: string): string {
  return prefix + key.slice(0, 1).toUpperCase() + key.slice(1);
}
