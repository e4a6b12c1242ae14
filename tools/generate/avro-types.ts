import { isObject, objectsOf, stringsOf } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import type { SchemaFile } from './schema-files.ts';

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};

type Declaration = { readonly text: string; readonly path: string };

/**
 * TypeScript declarations of every named type of the Avro schemas, one per name, in the order first met.
 * Optional fields are `T | null` and always present, as Avro decodes them. Declared as `type`, since an
 * interface is not assignable to a JSON value type.
 * @throws Error when two schemas give one name to different shapes, or use a type that has no mapping.
 */
export function avroTypes(files: readonly SchemaFile[]): string {
  const declared = new Map<string, Declaration>();
  for (const file of files) typeOf(file.schema, file.path, declared);
  return [...declared.values()].map((declaration) => declaration.text).join('\n\n');
}

/** `MMMDecision` -> `MmmDecision`, `Action` -> `MmmAction`: short names inside the schema, one prefix in the code. */
export function typeNameOf(avroName: string): string {
  const bare = avroName.slice(avroName.lastIndexOf('.') + 1);
  return bare.startsWith('MMM') ? `Mmm${bare.slice(3)}` : `Mmm${bare}`;
}

function typeOf(schema: unknown, path: string, declared: Map<string, Declaration>): string {
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? typeNameOf(schema);
  if (Array.isArray(schema)) return unionOf(schema, path, declared);
  if (!isObject(schema)) throw new Error(`${path}: not an Avro schema: ${JSON.stringify(schema)}`);
  switch (schema['type']) {
    case 'record':
      return declare(schema, path, declared, recordText(schema, path, declared));
    case 'enum':
      return declare(schema, path, declared, literals(stringsOf(schema['symbols'])));
    case 'array':
      return `readonly (${typeOf(schema['items'], path, declared)})[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(schema['values'], path, declared)}>>`;
    case 'string':
      return 'knownValues' in schema ? literals(stringsOf(schema['knownValues'])) : 'string';
    default:
      return typeOf(schema['type'], path, declared);
  }
}

function unionOf(branches: readonly unknown[], path: string, declared: Map<string, Declaration>): string {
  const types = branches.map((branch) => typeOf(branch, path, declared));
  return [...types.filter((type) => type !== 'null'), ...types.filter((type) => type === 'null')].join(' | ');
}

function recordText(schema: JsonObject, path: string, declared: Map<string, Declaration>): string {
  const lines = objectsOf(schema['fields']).map((field) => {
    const doc = typeof field['doc'] === 'string' ? `/** ${field['doc']} */\n` : '';
    return `${doc}readonly ${String(field['name'])}: ${typeOf(field['type'], path, declared)};`;
  });
  return `{\n${lines.join('\n')}\n}`;
}

function declare(schema: JsonObject, path: string, declared: Map<string, Declaration>, body: string): string {
  const name = typeNameOf(String(schema['name']));
  const doc = typeof schema['doc'] === 'string' ? `/** ${schema['doc']} */\n` : '';
  const text = `${doc}export type ${name} = ${body};`;
  const before = declared.get(name);
  if (before !== undefined && before.text !== text) {
    throw new Error(`${path}: ${String(schema['name'])} differs from the one in ${before.path}; one name, one shape`);
  }
  if (before === undefined) declared.set(name, { text, path });
  return name;
}

function literals(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(' | ');
}
