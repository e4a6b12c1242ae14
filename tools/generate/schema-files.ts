import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from './json-value.ts';
import type { JsonObject } from './json-value.ts';

export type SchemaKind = 'avro' | 'json';

/** One released version of one subject: `schemas/<subject>/v<version>.avsc` or `.schema.json`. */
export type SchemaFile = {
  readonly subject: string;
  readonly version: number;
  readonly kind: SchemaKind;
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly schema: JsonObject;
};

const FILE_NAME = /^v([1-9]\d*)\.(avsc|schema\.json)$/;

/**
 * Reads every schema, ordered by subject, kind and version.
 * @throws Error naming the file when it is no JSON object, has a name outside the pattern, or a version is missing in between.
 */
export function loadSchemaFiles(root: string): readonly SchemaFile[] {
  const found: SchemaFile[] = [];
  for (const entry of readdirSync(join(root, 'schemas'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const name of readdirSync(join(root, 'schemas', entry.name))) {
      found.push(loadOne(root, entry.name, name));
    }
  }
  found.sort(bySubjectKindVersion);
  for (const [index, file] of found.entries()) {
    const before = found[index - 1];
    const sameLine = before?.subject === file.subject && before.kind === file.kind;
    const expected = sameLine ? before.version + 1 : 1;
    if (file.version !== expected) {
      throw new Error(`${file.path}: version ${expected} of this subject is missing before it`);
    }
  }
  return found;
}

/** The highest version of each subject of one kind, in the order given. */
export function latestOf(files: readonly SchemaFile[], kind: SchemaKind): readonly SchemaFile[] {
  const bySubject = new Map<string, SchemaFile>();
  for (const file of files) if (file.kind === kind) bySubject.set(file.subject, file);
  return [...bySubject.values()];
}

function loadOne(root: string, subject: string, name: string): SchemaFile {
  const path = `schemas/${subject}/${name}`;
  const match = FILE_NAME.exec(name);
  if (match === null) throw new Error(`${path}: schema files are named v<n>.avsc or v<n>.schema.json`);
  let schema: unknown;
  try {
    schema = JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch (error) {
    throw new Error(`${path}: not JSON`, { cause: error });
  }
  if (!isObject(schema)) throw new Error(`${path}: not a JSON object`);
  return { subject, version: Number(match[1]), kind: match[2] === 'avsc' ? 'avro' : 'json', path, schema };
}

function bySubjectKindVersion(a: SchemaFile, b: SchemaFile): number {
  if (a.subject !== b.subject) return a.subject < b.subject ? -1 : 1;
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.version - b.version;
}
