import { LOCAL_SCHEMA_IDS } from '../../generated/local-schema-ids.ts';
import { AVRO_SCHEMAS } from '../../generated/schemas.ts';
import type { TopicName } from '../../generated/topics.ts';
import { TOPIC_NAMES } from '../../generated/topics.ts';
import type { EncodedTypes, RecordCodec, ReleasedCodec } from '../../pipeline/ports/codec.ts';
import { avroType } from './guarded-types.ts';
import { schemaHeaderFor, writtenVersion } from './own-schemas.ts';
import { avroTopics, type AvroWriter, writeAvro } from './record-codec.ts';
import type { RegistryClient } from './registry-client.ts';

/** A version of a topic's schema that an earlier release wrote with. */
export interface EarlierSchema {
  readonly topic: TopicName;
  readonly version: number;
  /** Null: the topic is JSON, whose text no version changes. */
  readonly avro: { readonly id: number; readonly text: string } | null;
}

/** Adds the earlier versions to a codec. A header names subject and version, so an id of another subject that happens to have the same shape is none of them. */
export const withEarlierSchemas = (
  codec: RecordCodec,
  namespace: string,
  earlier: readonly EarlierSchema[],
): ReleasedCodec => {
  const writers = new Map<string, AvroWriter | null>();
  const headers = new Map<TopicName, string[]>();
  for (const { topic, version, avro } of earlier) {
    const header = schemaHeaderFor(topic, namespace, version);
    headers.set(topic, [...(headers.get(topic) ?? []), header]);
    writers.set(`${topic} ${header}`, avro === null ? null : { id: avro.id, type: avroType(avro.text) });
  }
  return {
    encode: (topic, record) => codec.encode(topic, record),
    schemaHeader: (topic) => codec.schemaHeader(topic),
    decodeSignal: (bytes) => codec.decodeSignal(bytes),
    earlierSchemas: (topic) => headers.get(topic) ?? [],
    encodeAs: <T extends keyof EncodedTypes>(header: string, topic: T, record: EncodedTypes[T]): Uint8Array | null => {
      const writer = writers.get(`${topic} ${header}`);
      if (writer === undefined) return null;
      if (writer === null) return Buffer.from(JSON.stringify(record));
      return writer.type.isValid(record) ? writeAvro(writer, record) : null;
    },
  };
};

/** `text` null: JSON. */
type Versions = readonly { readonly topic: TopicName; readonly version: number; readonly text: string | null }[];

/** The parameters are for tests: no topic has a second version yet. */
export const earlierVersions = (
  schemas = AVRO_SCHEMAS,
  writtenTo: (topic: TopicName) => number = writtenVersion,
): Versions => {
  const subjects = new Map(avroTopics());
  return TOPIC_NAMES.flatMap((topic): Versions => {
    const subject = subjects.get(topic);
    const written = writtenTo(topic);
    if (subject === undefined)
      return Array.from({ length: written - 1 }, (_, n) => ({ topic, version: n + 1, text: null }));
    return schemas
      .filter((one) => one.subject === subject && one.version < written)
      .map(({ version, text }) => ({
        ...{ topic, version, text },
      }));
  });
};

/** Of the embedded default. */
export const localEarlierSchemas = (versions = earlierVersions(), ids = LOCAL_SCHEMA_IDS): readonly EarlierSchema[] => {
  const subjects = new Map(avroTopics());
  return versions.flatMap(({ topic, version, text }): EarlierSchema[] => {
    if (text === null) return [{ topic, version, avro: null }];
    const local = ids.find((one) => one.subject === subjects.get(topic) && one.version === version);
    return local === undefined ? [] : [{ topic, version, avro: { id: local.id, text } }];
  });
};

/** Under the ids of a registry; what was never registered there was never written. @throws MmmError REGISTRY_UNAVAILABLE. */
export const registryEarlierSchemas = async (
  client: Pick<RegistryClient, 'idOf'>,
  namespace: string,
  versions = earlierVersions(),
): Promise<readonly EarlierSchema[]> => {
  const subjects = new Map(avroTopics());
  const found: EarlierSchema[] = [];
  for (const { topic, version, text } of versions) {
    if (text === null) found.push({ topic, version, avro: null });
    else {
      const id = await client.idOf(namespace + subjects.get(topic)!, { kind: 'AVRO', text });
      if (id !== null) found.push({ topic, version, avro: { id, text } });
    }
  }
  return found;
};
