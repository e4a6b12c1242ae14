import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isObject, objectsOf } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import type { SchemaFile } from './schema-files.ts';

const DIRECTIONS = ['in', 'internal', 'out'] as const;
const KEYS = ['any', 'none', 'tenant', 'tenant|actor', 'original'] as const;
const FORMATS = ['avro', 'json', 'raw', 'none'] as const;
const CLEANUPS = ['delete', 'compact'] as const;
const FIELDS = new Set([
  ...['name', 'direction', 'owner', 'key', 'format', 'subject', 'partitions', 'retention', 'cleanup'],
  ...['max_message_bytes', 'description'],
]);
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** One topic of `topics.yaml` with its defaults filled in. */
export type TopicSpec = {
  readonly name: string;
  readonly direction: (typeof DIRECTIONS)[number];
  readonly owner: string;
  readonly key: (typeof KEYS)[number];
  readonly format: (typeof FORMATS)[number];
  readonly schemaSubject: string | null;
  readonly partitions: number;
  /** The topic whose partition count this one must always have. */
  readonly partitionsOf: string | null;
  readonly retentionMs: number;
  readonly cleanup: (typeof CLEANUPS)[number];
  readonly maxMessageBytes: number | null;
  readonly description: string;
};

/**
 * Reads and checks `topics.yaml`.
 * @throws Error that lists every fault, each with the topic and the field.
 */
export function loadTopics(root: string, schemas: readonly SchemaFile[]): readonly TopicSpec[] {
  return parseTopics(readFileSync(join(root, 'topics.yaml'), 'utf8'), schemas);
}

/** As `loadTopics`, from text. */
export function parseTopics(text: string, schemas: readonly SchemaFile[]): readonly TopicSpec[] {
  const faults: string[] = [];
  const file: unknown = parse(text);
  const rows = isObject(file) ? objectsOf(file['topics']) : [];
  if (rows.length === 0) faults.push('topics: a list of at least one topic is needed');
  const defaults = isObject(file) && isObject(file['defaults']) ? file['defaults'] : {};
  const topics = rows.map((row) => topicOf({ ...defaults, ...row }, faults));
  checkTogether(topics, schemas, faults);
  if (faults.length > 0) throw new Error(`topics.yaml:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return topics.map((topic) => ({ ...topic, partitions: resolvePartitions(topic, topics) }));
}

function topicOf(row: JsonObject, faults: string[]): TopicSpec {
  const name = typeof row['name'] === 'string' ? row['name'] : '(no name)';
  const fault = (field: string, expected: string): void => {
    faults.push(`${name}.${field}: ${expected}, found ${JSON.stringify(row[field])}`);
  };
  const oneOf = <T extends string>(field: string, words: readonly [T, ...T[]]): T => {
    const word = words.find((candidate) => candidate === row[field]);
    if (word === undefined) fault(field, `one of ${words.join(', ')}`);
    return word ?? words[0];
  };
  const textOf = (field: string): string => {
    const value = row[field];
    if (typeof value === 'string' && value.length > 0) return value;
    fault(field, 'a text');
    return '';
  };
  const countOf = (field: string): number => {
    const value = row[field];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    fault(field, 'a whole number above 0');
    return 1;
  };
  for (const field of Object.keys(row)) if (!FIELDS.has(field)) fault(field, 'no such field exists');
  if (!/^[a-zA-Z0-9._-]{1,200}$/.test(name)) fault('name', 'letters, digits, dot, dash, underscore, at most 200');
  const partitionsOf = typeof row['partitions'] === 'string' ? row['partitions'] : null;
  return {
    name,
    direction: oneOf('direction', DIRECTIONS),
    owner: textOf('owner'),
    key: oneOf('key', KEYS),
    format: oneOf('format', FORMATS),
    schemaSubject: row['subject'] === undefined ? null : textOf('subject'),
    partitions: partitionsOf === null ? countOf('partitions') : 0,
    partitionsOf,
    retentionMs: retentionOf(row['retention']) ?? (fault('retention', 'as 7d or 12h'), 0),
    cleanup: oneOf('cleanup', CLEANUPS),
    maxMessageBytes: row['max_message_bytes'] === undefined ? null : countOf('max_message_bytes'),
    description: textOf('description'),
  };
}

function checkTogether(topics: readonly TopicSpec[], schemas: readonly SchemaFile[], faults: string[]): void {
  const names = new Set<string>();
  for (const topic of topics) {
    if (names.has(topic.name)) faults.push(`${topic.name}: named twice`);
    names.add(topic.name);
    const needsSchema = topic.format === 'avro' || topic.format === 'json';
    if (needsSchema !== (topic.schemaSubject !== null)) {
      faults.push(`${topic.name}.subject: ${needsSchema ? 'needed' : 'not allowed'} with format ${topic.format}`);
    }
    // A record of an Avro schema is the same object in JSON, so `format: json` may switch any topic that has a schema.
    const usable = schemas.some(
      (file) => file.subject === topic.schemaSubject && (file.kind === 'avro' || topic.format === 'json'),
    );
    if (needsSchema && topic.schemaSubject !== null && !usable) {
      faults.push(`${topic.name}.subject: no ${topic.format} schema in schemas/${topic.schemaSubject}`);
    }
    const source = topics.find((other) => other.name === topic.partitionsOf);
    if (topic.partitionsOf !== null && (source === undefined || source.partitionsOf !== null)) {
      faults.push(`${topic.name}.partitions: ${topic.partitionsOf} is no topic with a number of its own`);
    }
  }
}

function resolvePartitions(topic: TopicSpec, topics: readonly TopicSpec[]): number {
  return topics.find((other) => other.name === topic.partitionsOf)?.partitions ?? topic.partitions;
}

function retentionOf(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^([1-9]\d{0,3})(d|h)$/.exec(value) : null;
  return match === null ? undefined : Number(match[1]) * (match[2] === 'd' ? DAY_MS : HOUR_MS);
}
