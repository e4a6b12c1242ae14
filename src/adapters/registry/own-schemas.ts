import { JSON_SCHEMAS } from '../../generated/json-schemas.ts';
import { AVRO_SCHEMAS, LATEST_AVRO_VERSION } from '../../generated/schemas.ts';
import type { AvroSchemaVersion, AvroSubject } from '../../generated/schemas.ts';
import type { TopicName } from '../../generated/topics.ts';
import { TOPICS } from '../../generated/topics.ts';

export const isAvroSubject = (subject: string | null): subject is AvroSubject =>
  subject !== null && subject in LATEST_AVRO_VERSION;

/** The newest released Avro schema of a subject. */
export function latestSchema(subject: AvroSubject): AvroSchemaVersion {
  const version = LATEST_AVRO_VERSION[subject];
  const found = AVRO_SCHEMAS.find((schema) => schema.subject === subject && schema.version === version);
  if (found === undefined) throw new Error(`no schema ${subject}:${version} was generated`);
  return found;
}

/** `<subject>:<version>` of what is written to a topic, the subject with its namespace. */
export const schemaHeaderOf = (topic: TopicName, namespace: string): string =>
  schemaHeaderFor(topic, namespace, writtenVersion(topic));

export function schemaHeaderFor(topic: TopicName, namespace: string, version: number): string {
  const { schemaSubject } = TOPICS[topic];
  if (schemaSubject === null) throw new Error(`${topic} has no schema`);
  return `${namespace}${schemaSubject}:${version}`;
}

/** The version that this release writes to a topic. */
export function writtenVersion(topic: TopicName): number {
  const { schemaSubject, format } = TOPICS[topic];
  if (schemaSubject === null) return 1;
  const json = (JSON_SCHEMAS as Readonly<Record<string, { readonly version: number } | undefined>>)[schemaSubject];
  const avro = isAvroSubject(schemaSubject) ? LATEST_AVRO_VERSION[schemaSubject] : undefined;
  return (format === 'json' ? (json?.version ?? avro) : avro) ?? 1;
}
