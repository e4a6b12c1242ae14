import type { Type } from 'avsc';
import { MmmError } from '../../errors.ts';
import { LOCAL_SCHEMA_IDS } from '../../generated/local-schema-ids.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { AvroSubject } from '../../generated/schemas.ts';
import type { TopicDefinition, TopicName } from '../../generated/topics.ts';
import { TOPICS, TOPIC_NAMES } from '../../generated/topics.ts';
import type { EncodedTypes, RecordCodec } from '../../pipeline/ports/codec.ts';
import { AvroReaders, MAGIC_BYTE, PREFIX_BYTES } from './avro-readers.ts';
import { avroType } from './guarded-types.ts';
import { parseJsonBytes } from './json-bytes.ts';
import { isAvroSubject, latestSchema, schemaHeaderOf } from './own-schemas.ts';
import type { RegistryClient } from './registry-client.ts';
import { LocalSchemas, RegistrySchemas } from './schema-source.ts';
import type { SchemaSource } from './schema-source.ts';

/** Most records fit; a longer one is written a second time into what it needs. */
const FIRST_BUFFER_BYTES = 2_048;

export interface AvroWriter {
  readonly id: number;
  readonly type: Type;
}

const SIGNALS: AvroSubject = 'mmm.signals-value';

/** Topics of ours whose records are Avro: those with a subject that `encode` may be asked for. */
export function avroTopics(): readonly (readonly [TopicName, AvroSubject])[] {
  return TOPIC_NAMES.flatMap((name) => {
    const { direction, format, schemaSubject }: TopicDefinition = TOPICS[name];
    if (direction === 'in' || format !== 'avro' || !isAvroSubject(schemaSubject)) return [];
    return [[name, schemaSubject] as const];
  });
}

class SchemaCodec implements RecordCodec {
  readonly #writers: ReadonlyMap<TopicName, AvroWriter>;
  readonly #signals: AvroReaders;
  readonly #namespace: string;

  constructor(
    ids: ReadonlyMap<AvroSubject, number>,
    source: SchemaSource,
    namespace: string,
    monotonicMs: () => number,
  ) {
    this.#writers = new Map(
      avroTopics().map(([topic, subject]) => {
        const id = ids.get(subject);
        if (id === undefined) throw new Error(`no schema id for ${subject}`);
        return [topic, { id, type: avroType(latestSchema(subject).text) }];
      }),
    );
    this.#signals = new AvroReaders(source, monotonicMs, avroType(latestSchema(SIGNALS).text));
    this.#namespace = namespace;
  }

  encode<T extends keyof EncodedTypes>(topic: T, record: EncodedTypes[T]): Uint8Array {
    const writer = this.#writers.get(topic);
    return writer === undefined ? Buffer.from(JSON.stringify(record)) : writeAvro(writer, record);
  }

  schemaHeader(topic: TopicName): string {
    return schemaHeaderOf(topic, this.#namespace);
  }

  decodeSignal(bytes: Uint8Array): MmmSignalInput | Promise<MmmSignalInput> {
    if (bytes[0] !== MAGIC_BYTE) return parseJsonBytes(bytes) as MmmSignalInput;
    const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#signals.decode(wire) as MmmSignalInput | Promise<MmmSignalInput>;
  }
}

export function writeAvro({ id, type }: AvroWriter, record: unknown): Buffer {
  let wire = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  let end = type.encode(record, wire, PREFIX_BYTES);
  if (end < 0) {
    // avsc answers how many bytes were missing.
    wire = Buffer.allocUnsafe(wire.length - end);
    end = type.encode(record, wire, PREFIX_BYTES);
  }
  wire.writeUInt8(MAGIC_BYTE, 0);
  wire.writeUInt32BE(id, 1);
  return wire.subarray(0, end);
}

/** Outputs under the ids of a registry, found once at start. */
export class RegistryCodec extends SchemaCodec {
  /**
   * @throws MmmError SCHEMA_ID_UNKNOWN when a schema of ours is not registered (`mmm schemas register`), REGISTRY_UNAVAILABLE.
   */
  static async create(client: RegistryClient, namespace: string, monotonicMs: () => number): Promise<RegistryCodec> {
    const ids = new Map<AvroSubject, number>();
    for (const [, subject] of avroTopics()) {
      const id = await client.idOf(namespace + subject, { kind: 'AVRO', text: latestSchema(subject).text });
      if (id === null) {
        const details = { subject: namespace + subject, remedy: 'mmm schemas register' };
        throw new MmmError('SCHEMA_ID_UNKNOWN', `the registry does not have our schema of ${details.subject}`, {
          details,
        });
      }
      ids.set(subject, id);
    }
    return new RegistryCodec(ids, new RegistrySchemas(client), namespace, monotonicMs);
  }
}

/** Outputs under the local ids: the embedded default and `try`, which have no registry. */
export class LocalCodec extends SchemaCodec {
  constructor(namespace = '', monotonicMs: () => number = () => performance.now()) {
    const latest = LOCAL_SCHEMA_IDS.filter(({ subject, version }) => latestSchema(subject).version === version);
    super(new Map(latest.map(({ subject, id }) => [subject, id])), new LocalSchemas(), namespace, monotonicMs);
  }
}
