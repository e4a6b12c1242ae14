import { avroTypes } from './avro-types.ts';
import { jsonTypes } from './json-types.ts';
import { HEADER } from './outputs.ts';
import type { Output } from './outputs.ts';
import { latestOf } from './schema-files.ts';
import type { SchemaFile } from './schema-files.ts';
import type { TopicSpec } from './topics-file.ts';

const JSON_VALUE = `/** What JSON can hold. */
export type JsonValue =
  | string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };`;

const RECEIPT_SUBJECT = 'mmm.receipts-value';

/** src/generated/records.ts: our own records, and src/generated/inputs.ts: what the neighbours send. */
export function recordOutputs(files: readonly SchemaFile[], topics: readonly TopicSpec[]): readonly Output[] {
  const ownSubjects = new Set(topics.filter((topic) => topic.direction !== 'in').map((topic) => topic.schemaSubject));
  const ownAvro = latestOf(files, 'avro').filter((file) => ownSubjects.has(file.subject));
  const receipt = latestOf(files, 'json').find((file) => file.subject === RECEIPT_SUBJECT);
  if (receipt === undefined) throw new Error(`schemas/${RECEIPT_SUBJECT}: no JSON Schema`);
  const inputs = latestOf(files, 'json').filter(
    (file) => file.subject.endsWith('-value') && !ownSubjects.has(file.subject),
  );
  const importJson = "import type { JsonValue } from './records.ts';\n\n";
  return [
    {
      path: 'src/generated/records.ts',
      text: [HEADER, JSON_VALUE, avroTypes(ownAvro), jsonTypes(receipt.schema, 'MmmReceipt', 'Receipt')].join('\n\n'),
    },
    { path: 'src/generated/inputs.ts', text: HEADER + importJson + typesOf(inputs) },
  ];
}

function typesOf(files: readonly SchemaFile[]): string {
  return files.map((file) => jsonTypes(file.schema, titleOf(file), titleOf(file))).join('\n\n');
}

function titleOf(file: SchemaFile): string {
  const title = file.schema['title'];
  if (typeof title !== 'string') throw new Error(`${file.path}: a title is needed, it names the type`);
  return title;
}
