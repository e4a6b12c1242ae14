import type { Consumer, Kafka, KafkaMessage, MessageHeaders, Producer } from './kafka-types.ts';

/** What the bare pipeline writes for each input: the same topics, bytes and headers as a decision has. */
export interface BareOutput {
  readonly topic: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BarePipelineOptions {
  readonly patient: Kafka;
  readonly transactional: Kafka;
  readonly group: string;
  /** Null: the second hop alone. */
  readonly raw: string | null;
  readonly keyed: string;
  readonly outputs: readonly BareOutput[];
}

/** Its outputs of one topic are one batch of the client: more than 400 receipts are over the 1 MiB that a broker takes as one. */
const MAX_BATCH = 300;
const FETCH = { maxWaitTimeInMs: 100, minBytes: 1, maxBytesPerPartition: 1_048_576, readUncommitted: false };
const PARTITIONS_AT_ONCE = 6;

const portionsOf = (messages: readonly KafkaMessage[]): KafkaMessage[][] => {
  const portions: KafkaMessage[][] = [];
  for (let from = 0; from < messages.length; from += MAX_BATCH) portions.push(messages.slice(from, from + MAX_BATCH));
  return portions;
};

const after = (offset: string): string => (BigInt(offset) + 1n).toString();

/** The first hop: raw topic to keyed topic, at least once, bytes as they are. */
const startForwarder = async (options: BarePipelineOptions, raw: string): Promise<() => Promise<void>> => {
  const producer = options.patient.producer({
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const consumer = options.patient.consumer({ ...FETCH, groupId: `${options.group}-forward` });
  await consumer.connect();
  await consumer.subscribe({ topics: [raw], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
    eachBatch: async (payload) => {
      const { batch } = payload;
      for (const portion of portionsOf(batch.messages)) {
        const messages = portion.map(({ key, value, headers }) => ({ key, value, headers: headers ?? {} }));
        await producer.sendBatch({ topicMessages: [{ topic: options.keyed, messages }] });
        const last = portion.at(-1)?.offset ?? batch.lastOffset();
        await payload.commitOffsetsIfNecessary({
          topics: [{ topic: raw, partitions: [{ partition: batch.partition, offset: after(last) }] }],
        });
        payload.resolveOffset(last);
        await payload.heartbeat();
      }
    },
  });
  return async () => {
    await consumer.disconnect();
    await producer.disconnect();
  };
};

/** The second hop: consume, transform, produce, exactly once, one transactional producer for each input partition. */
const startExactlyOnceLoop = async (options: BarePipelineOptions): Promise<() => Promise<void>> => {
  const producers = new Map<number, Promise<Producer>>();
  const producerOf = (partition: number): Promise<Producer> => {
    const known = producers.get(partition);
    if (known !== undefined) return known;
    const producer = options.transactional.producer({
      transactionalId: `${options.group}-${partition}`,
      maxInFlightRequests: 1,
    });
    const connected = producer.connect().then(() => producer);
    producers.set(partition, connected);
    return connected;
  };
  const groupId = `${options.group}-decide`;
  const consumer: Consumer = options.patient.consumer({ ...FETCH, groupId });
  await consumer.connect();
  await consumer.subscribe({ topics: [options.keyed], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
    eachBatch: async (payload) => {
      const { batch } = payload;
      const { partition } = batch;
      const producer = await producerOf(partition);
      for (const portion of portionsOf(batch.messages)) {
        const transaction = await producer.transaction();
        await transaction.sendBatch({
          topicMessages: options.outputs.map(({ topic, value, headers }) => ({
            topic,
            messages: portion.map(({ key, headers: given }) => ({ key, value, headers: headersOf(headers, given) })),
          })),
        });
        const last = portion.at(-1)?.offset ?? batch.lastOffset();
        await transaction.sendOffsets({
          consumerGroupId: groupId,
          topics: [{ topic: options.keyed, partitions: [{ partition, offset: after(last) }] }],
        });
        await transaction.commit();
        payload.resolveOffset(last);
        await payload.heartbeat();
      }
    },
  });
  return async () => {
    await consumer.disconnect();
    for (const producer of producers.values()) await (await producer).disconnect();
  };
};

const headersOf = (own: Readonly<Record<string, string>>, given: MessageHeaders | undefined): MessageHeaders => {
  const trace = given?.['traceparent'];
  return trace === undefined ? { ...own } : { ...own, traceparent: trace };
};

/** Runs until stopped. Decides nothing, stores nothing, signs nothing: what the broker and its client alone cost. */
export const startBarePipeline = async (options: BarePipelineOptions): Promise<() => Promise<void>> => {
  const stopLoop = await startExactlyOnceLoop(options);
  const stopForwarder = options.raw === null ? null : await startForwarder(options, options.raw);
  return async () => {
    await stopForwarder?.();
    await stopLoop();
  };
};
