import { HEADER } from './outputs.ts';
import type { Output } from './outputs.ts';
import type { ReleaseLock } from './release-lock.ts';
import { latestOf } from './schema-files.ts';
import type { SchemaFile } from './schema-files.ts';

/** src/generated/schemas.ts, json-schemas.ts and local-schema-ids.ts: schemas as constants, so that nothing is read at run time. */
export function schemaOutputs(files: readonly SchemaFile[], lock: ReleaseLock): readonly Output[] {
  const avro = files.filter((file) => file.kind === 'avro');
  return [avroOutput(avro), jsonOutput(files), idsOutput(avro, lock)];
}

function avroOutput(avro: readonly SchemaFile[]): Output {
  const latest = latestOf(avro, 'avro');
  const rows = avro.map((file) => `{ subject: '${file.subject}', version: ${file.version}, text: ${textOf(file)} }`);
  const newest = latest.map((file) => `'${file.subject}': ${file.version}`);
  return {
    path: 'src/generated/schemas.ts',
    text: [
      HEADER,
      `export type AvroSubject = ${subjectsOf(latest)};`,
      '/** One version of one subject. `text` is the Avro schema as compact JSON: what a registry stores and avsc parses. */',
      'export type AvroSchemaVersion = { readonly subject: AvroSubject; readonly version: number; readonly text: string };',
      '/** Every version ever released, oldest first within a subject: records of each may still be in a topic. */',
      `export const AVRO_SCHEMAS: readonly AvroSchemaVersion[] = [${rows.join(', ')}];`,
      '/** The version that is written. */',
      `export const LATEST_AVRO_VERSION: Readonly<Record<AvroSubject, number>> = { ${newest.join(', ')} };`,
    ].join('\n\n'),
  };
}

function jsonOutput(files: readonly SchemaFile[]): Output {
  const latest = latestOf(files, 'json');
  const rows = latest.map((file) => `'${file.subject}': { version: ${file.version}, text: ${textOf(file)} }`);
  return {
    path: 'src/generated/json-schemas.ts',
    text: [
      HEADER,
      `export type JsonSubject = ${subjectsOf(latest)};`,
      '/** The highest version of a JSON Schema (2020-12) as compact JSON. */',
      'export type JsonSchemaVersion = { readonly version: number; readonly text: string };',
      `export const JSON_SCHEMAS: Readonly<Record<JsonSubject, JsonSchemaVersion>> = { ${rows.join(', ')} };`,
    ].join('\n\n'),
  };
}

function idsOutput(avro: readonly SchemaFile[], lock: ReleaseLock): Output {
  const rows = avro.map((file) => {
    const localId = lock.get(file.path)?.localId;
    if (localId === undefined || localId === null) throw new Error(`${file.path}: no local id in the release lock`);
    return `{ id: ${localId}, subject: '${file.subject}', version: ${file.version} }`;
  });
  return {
    path: 'src/generated/local-schema-ids.ts',
    text: [
      HEADER,
      "import type { AvroSubject } from './schemas.ts';",
      'export type LocalSchemaId = { readonly id: number; readonly subject: AvroSubject; readonly version: number };',
      '/** The schema ids of the embedded default, which has no registry. An id is never given to another schema. */',
      `export const LOCAL_SCHEMA_IDS: readonly LocalSchemaId[] = [${rows.join(', ')}];`,
    ].join('\n\n'),
  };
}

function subjectsOf(files: readonly SchemaFile[]): string {
  return files.map((file) => `'${file.subject}'`).join(' | ');
}

function textOf(file: SchemaFile): string {
  return JSON.stringify(JSON.stringify(file.schema));
}
