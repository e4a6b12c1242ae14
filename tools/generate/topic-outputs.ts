import { typeNameOf } from './avro-types.ts';
import { HEADER } from './outputs.ts';
import type { Output } from './outputs.ts';
import type { SchemaFile } from './schema-files.ts';
import type { TopicSpec } from './topics-file.ts';

const TYPES = `
export type TopicDirection = 'in' | 'internal' | 'out';
/** avro: Confluent wire; json; raw: bytes as they came; none: no records. Inputs: json and avro are told apart per record. */
export type TopicFormat = 'avro' | 'json' | 'raw' | 'none';
export type TopicKey = 'any' | 'none' | 'tenant' | 'tenant|actor' | 'original';

export type TopicDefinition = {
  readonly name: TopicName;
  readonly direction: TopicDirection;
  /** Inputs belong to the neighbour named; all others are ours. */
  readonly owner: string;
  readonly key: TopicKey;
  readonly format: TopicFormat;
  readonly schemaSubject: string | null;
  /** At creation. */
  readonly partitions: number;
  /** The topic whose partition count this one must always have. */
  readonly partitionsOf: TopicName | null;
  readonly retentionMs: number;
  readonly cleanup: 'delete' | 'compact';
  /** Null: the broker's default. */
  readonly maxMessageBytes: number | null;
  readonly description: string;
};
`;

/** src/generated/topics.ts: every topic with its facts, and which record type each of ours holds. */
export function topicOutput(topics: readonly TopicSpec[], schemas: readonly SchemaFile[]): Output {
  const names = topics.map((topic) => `'${topic.name}'`);
  const entries = topics.map((topic) => `'${topic.name}': ${JSON.stringify(topic)}`);
  const records = topics
    .filter((topic) => topic.direction !== 'in' && topic.schemaSubject !== null)
    .map((topic) => ({ name: topic.name, type: recordTypeOf(topic, schemas) }));
  const imports = [...new Set(records.map((record) => record.type))].sort();
  return {
    path: 'src/generated/topics.ts',
    text: [
      HEADER,
      `import type { ${imports.join(', ')} } from './records.ts';`,
      `export type TopicName = ${names.join(' | ')};`,
      TYPES,
      `export const TOPICS: Readonly<Record<TopicName, TopicDefinition>> = { ${entries.join(', ')} };`,
      '/** All topics, in the order of topics.yaml. */',
      `export const TOPIC_NAMES: readonly TopicName[] = [${names.join(', ')}];`,
      '/** The record that a topic of ours holds. */',
      `export type TopicRecords = { ${records.map((record) => `readonly '${record.name}': ${record.type};`).join(' ')} };`,
    ].join('\n\n'),
  };
}

function recordTypeOf(topic: TopicSpec, schemas: readonly SchemaFile[]): string {
  const file = schemas.find((schema) => schema.subject === topic.schemaSubject);
  const name = file?.kind === 'avro' ? file.schema['name'] : file?.schema['title'];
  if (typeof name !== 'string') throw new Error(`schemas/${String(topic.schemaSubject)}: the schema has no name`);
  return typeNameOf(name);
}
