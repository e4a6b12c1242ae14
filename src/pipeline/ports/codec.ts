import type { MmmDecision, MmmDelivery, MmmEvent, MmmSignalInput } from '../../generated/records.ts';
import type { TopicName } from '../../generated/topics.ts';

export interface EncodedTypes {
  'mmm.signals': MmmSignalInput;
  'mmm.decisions': MmmDecision;
  'mmm.delivery.ide': MmmDelivery;
  'mmm.delivery.ci': MmmDelivery;
  'mmm.delivery.alert': MmmDelivery;
  'mmm.outcomes': MmmEvent;
  'mmm.admin_config': MmmEvent;
}

/** Encodes outputs (Confluent wire Avro, or JSON where topics.yaml says so). Synchronous: schema ids are resolved once at start. */
export interface RecordCodec {
  encode<T extends keyof EncodedTypes>(topic: T, record: EncodedTypes[T]): Uint8Array;
  /** Value of the `mmm-schema` header: `<subject>:<version>`. */
  schemaHeader(topic: TopicName): string;
  decodeSignal(bytes: Uint8Array): MmmSignalInput | Promise<MmmSignalInput>;
}

/** Encodes as earlier releases did too: for who holds what was written against what should have been, and for nobody who writes. */
export interface ReleasedCodec extends RecordCodec {
  /** `mmm-schema` headers of earlier versions of the topic's schema: records under them may still be about. Without the one of `schemaHeader`. */
  earlierSchemas(topic: TopicName): readonly string[];
  /** Under one of `earlierSchemas`; null when the record does not fit it. */
  encodeAs<T extends keyof EncodedTypes>(schemaHeader: string, topic: T, record: EncodedTypes[T]): Uint8Array | null;
}

/**
 * Tells Avro from JSON per record and decodes. Answers a plain value or throws MmmError: EMPTY_VALUE, NOT_JSON, INVALID_UTF8,
 * AVRO_MALFORMED, SCHEMA_ID_UNKNOWN (all poison), REGISTRY_UNAVAILABLE (wait).
 */
export interface InputDecoder {
  /** A plain value when the schema is in memory, else a promise of it (await only what is a promise: this is the hot path). */
  decode(channel: string, bytes: Uint8Array): unknown;
}
