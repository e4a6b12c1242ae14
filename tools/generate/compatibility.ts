import avsc from 'avsc';
import { isObject, stringsOf } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import type { SchemaFile } from './schema-files.ts';

/**
 * What breaks BACKWARD compatibility between each version and the one before it: a reader of the later one must be
 * able to read every record written with the earlier one.
 */
export function compatibilityFaults(files: readonly SchemaFile[]): readonly string[] {
  const faults: string[] = [];
  for (const [index, later] of files.entries()) {
    const earlier = files[index - 1];
    if (earlier?.subject !== later.subject || earlier.kind !== later.kind) continue;
    const reasons =
      later.kind === 'avro' ? avroFaults(later.schema, earlier.schema) : jsonFaults(later.schema, earlier.schema, '');
    faults.push(...reasons.map((reason) => `${later.path} can not read records of v${earlier.version}: ${reason}`));
  }
  return faults;
}

function avroFaults(reader: JsonObject, writer: JsonObject): readonly string[] {
  try {
    typeOf(reader).createResolver(typeOf(writer));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function typeOf(schema: JsonObject): avsc.Type {
  return avsc.Type.forSchema(schema as unknown as avsc.Schema, { wrapUnions: 'auto' });
}

/** The part of JSON Schema that we use for records: names, types, words, what is required, what is closed. */
function jsonFaults(later: JsonObject, earlier: JsonObject, where: string): readonly string[] {
  const faults: string[] = [];
  const had = new Set(stringsOf(earlier['required']));
  for (const name of stringsOf(later['required'])) {
    if (!had.has(name)) faults.push(`${where}/${name} is required and was not`);
  }
  const laterProperties = isObject(later['properties']) ? later['properties'] : {};
  const earlierProperties = isObject(earlier['properties']) ? earlier['properties'] : {};
  for (const [name, before] of Object.entries(earlierProperties)) {
    const now = laterProperties[name];
    const path = `${where}/${name}`;
    if (!isObject(before)) continue;
    if (!isObject(now)) {
      if (later['additionalProperties'] === false) faults.push(`${path} is not allowed and was`);
      continue;
    }
    faults.push(...narrowed('type', now, before, path), ...narrowed('enum', now, before, path));
    faults.push(...jsonFaults(now, before, path));
  }
  return faults;
}

function narrowed(word: 'type' | 'enum', later: JsonObject, earlier: JsonObject, path: string): readonly string[] {
  if (later[word] === undefined) return [];
  if (earlier[word] === undefined) return [`${path} has a ${word} and had none`];
  const allowed = new Set(listOf(later[word]));
  return listOf(earlier[word])
    .filter((value) => !allowed.has(value))
    .map((value) => `${path} does not take ${JSON.stringify(value)} any more`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
