import type { Kafka, Producer } from 'kafkajs';
import { MmmError } from '../../errors.ts';
import { TOPICS } from '../../generated/topics.ts';
import type { RecordWriter } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { clientErrorFacts, logUnavailable } from './client-errors.ts';
import type { KafkaNames } from './names.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { MAX_RECORDS_PER_SEND, chosenPartition, sendable } from './produce.ts';

/** What brokers take by default, less what a record batch itself needs. */
const DEFAULT_MAX_BYTES = 1_048_576;
/** One send stays below what brokers take as one request (100 MB) by far, and below what is nice to hold twice. */
const MAX_BYTES_PER_SEND = 4 * 1_024 * 1_024;

export interface RecordWriterDeps {
  readonly kafka: Kafka;
  readonly names: KafkaNames;
  readonly counts: PartitionCounts;
  readonly logger: Logger;
}

interface Waiting {
  readonly records: readonly OutputRecord[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A plain idempotent producer with one send at a time. Two at once can lose a record in silence: after a lost answer the client sends
 * the first again under a sequence that the broker has given to the second. For the same reason a producer is dropped at its first error.
 */
export class KafkaRecordWriter implements RecordWriter {
  readonly #deps: RecordWriterDeps;
  readonly #queue: Waiting[] = [];
  #producer: Producer | null = null;
  #sending: Promise<void> | null = null;
  #closed = false;

  constructor(deps: RecordWriterDeps) {
    this.#deps = deps;
  }

  /** @throws MmmError LOG_UNAVAILABLE, TOPIC_MISSING, OUTPUT_TOO_LARGE (then nothing of this call was written). */
  async append(records: readonly OutputRecord[]): Promise<void> {
    if (this.#closed) throw new Error('the record writer is closed');
    if (records.length === 0) return;
    let bytes = 0;
    for (const record of records) bytes += checkedSize(record);
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ records, bytes, resolve, reject });
      this.#sending ??= this.#drain();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#sending;
    await this.#producer?.disconnect();
    this.#producer = null;
  }

  /** Never rejects: each caller hears of its own records. */
  async #drain(): Promise<void> {
    // Callers of the same turn share a send.
    await Promise.resolve();
    for (let group = this.#next(); group.length > 0; group = this.#next()) {
      try {
        await this.#send(group.flatMap((waiting) => waiting.records));
        for (const waiting of group) waiting.resolve();
      } catch (error) {
        this.#drop();
        for (const waiting of group) waiting.reject(logUnavailable(error));
      }
    }
    this.#sending = null;
  }

  #next(): readonly Waiting[] {
    const group: Waiting[] = [];
    let records = 0;
    let bytes = 0;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      records += head.records.length;
      bytes += head.bytes;
      if (group.length > 0 && (records > MAX_RECORDS_PER_SEND || bytes > MAX_BYTES_PER_SEND)) break;
      group.push(head);
      this.#queue.shift();
    }
    return group;
  }

  async #send(records: readonly OutputRecord[]): Promise<void> {
    const portions = await sendable(records, this.#deps.names, this.#deps.counts);
    this.#producer ??= await this.#connect();
    for (const topicMessages of portions) await this.#producer.sendBatch({ topicMessages });
  }

  async #connect(): Promise<Producer> {
    const producer = this.#deps.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: chosenPartition,
    });
    await producer.connect();
    return producer;
  }

  #drop(): void {
    const producer = this.#producer;
    this.#producer = null;
    void producer?.disconnect().catch((error: unknown) => {
      this.#deps.logger.debug('kafka.producer_disconnect_failed', { ...clientErrorFacts(error) });
    });
  }
}

const length = (value: Uint8Array | string | null): number =>
  value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : value.length;

/** Checked before anything is sent: the broker's refusal would hit every record of the same send. */
function checkedSize({ topic, key, value, headers }: OutputRecord): number {
  let bytes = length(key) + length(value);
  for (const name of Object.keys(headers)) bytes += length(name) + length(headers[name] ?? null);
  const limit = TOPICS[topic].maxMessageBytes ?? DEFAULT_MAX_BYTES;
  if (bytes > limit) throw new MmmError('OUTPUT_TOO_LARGE', undefined, { details: { topic, bytes, limit } });
  return bytes;
}
