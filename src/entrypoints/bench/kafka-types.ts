import type { KafkaClients } from '../../adapters/kafka/connection.ts';

/** The client's types as our adapter hands them out: only adapters name the vendor. */
export type Kafka = KafkaClients['patient'];
export type Consumer = ReturnType<Kafka['consumer']>;
export type Producer = ReturnType<Kafka['producer']>;
export type EachBatchPayload = Parameters<NonNullable<NonNullable<Parameters<Consumer['run']>[0]>['eachBatch']>>[0];
export type KafkaMessage = EachBatchPayload['batch']['messages'][number];
export type MessageHeaders = NonNullable<KafkaMessage['headers']>;
