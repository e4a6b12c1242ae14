import type { Message, TopicMessages } from 'kafkajs';
import { partitionOf } from '../../domain/partitioner.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { asBuffer, writeHeader } from './headers.ts';
import type { KafkaNames } from './names.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { encodeRecordBatch } from './record-batch.ts';

/** As many as one transaction carries: each request is a round trip more. */
export const MAX_RECORDS_PER_SEND = 2_000;

/** Every record names its partition, so the client's own choice (drawn again at each retry) is never asked. */
export const chosenPartition = () => {
  return ({ message }: { message: Message }): number => {
    if (message.partition === undefined) throw new Error('a record without a partition reached the client');
    return message.partition;
  };
};

/**
 * The client sends all records of one partition as one batch, and the broker holds a batch to the limit of a single record (1 MiB by default). Below
 * it by what a batch and its records need themselves.
 */
const MAX_BYTES_PER_BATCH = 900_000;
/** Lengths, time and offset of one record and one header, at most. */
const RECORD_OVERHEAD_BYTES = 32;
const HEADER_OVERHEAD_BYTES = 8;

let keyless = 0;

/**
 * Partitions of the records of one call. A decision's records have one key: hashing it once for all of them, not once for each, was a fiftieth of what
 * a publication cost.
 */
class Placing {
  #key: OutputRecord['key'] = null;
  #count = 0;
  #partition = 0;

  partitionOf(key: OutputRecord['key'], count: number): number {
    if (key === null) {
      // No key, no order to keep: dead letters of such records are spread.
      keyless = (keyless + 1) % count;
      return keyless;
    }
    if (key !== this.#key || count !== this.#count) {
      this.#partition = partitionOf(key, count);
      this.#key = key;
      this.#count = count;
    }
    return this.#partition;
  }
}

const isText = (headers: OutputRecord['headers']): headers is Record<string, string> => {
  for (const name in headers) if (typeof headers[name] !== 'string') return false;
  return true;
};

/** What the patched client looks for: it then leaves the batch to us. */
interface OwnMessage extends Message {
  readonly encodeBatch: typeof encodeRecordBatch;
}

function messageOf({ key, value, headers }: OutputRecord, partition: number): OwnMessage {
  return {
    key: key === null || typeof key === 'string' ? key : asBuffer(key),
    value: value === null ? null : asBuffer(value),
    // The client only reads them: ours, which are all text, go as they are.
    headers: isText(headers)
      ? headers
      : Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, writeHeader(header)])),
    partition,
    encodeBatch: encodeRecordBatch,
  };
}

const lengthOf = (value: Message['value'] | undefined): number =>
  value === null || value === undefined ? 0 : Buffer.byteLength(value);

function sizeOf({ key, value, headers }: Message): number {
  let bytes = RECORD_OVERHEAD_BYTES + lengthOf(key) + lengthOf(value);
  for (const name in headers) {
    const header = headers[name];
    const text = Array.isArray(header) ? header.join() : header;
    bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + lengthOf(text);
  }
  return bytes;
}

/** What goes to the broker in one request, and how many bytes of it go to each partition. */
class Portion {
  readonly byTopic = new Map<TopicName, Message[]>();
  readonly #bytes = new Map<string, number>();
  #records = 0;

  /** False when the record has to wait for the next portion. */
  add(topic: TopicName, message: Message): boolean {
    const place = `${topic} ${message.partition ?? -1}`;
    const bytes = (this.#bytes.get(place) ?? 0) + sizeOf(message);
    if (this.#records > 0 && (this.#records >= MAX_RECORDS_PER_SEND || bytes > MAX_BYTES_PER_BATCH)) return false;
    this.#records += 1;
    this.#bytes.set(place, bytes);
    const messages = this.byTopic.get(topic);
    if (messages === undefined) this.byTopic.set(topic, [message]);
    else messages.push(message);
    return true;
  }
}

/** Records as the client wants them, in their order, in portions that the client sends well and the broker takes. */
export async function sendable(
  records: readonly OutputRecord[],
  names: KafkaNames,
  counts: PartitionCounts,
): Promise<readonly TopicMessages[][]> {
  const portions: Portion[] = [];
  const placing = new Placing();
  let current: Portion | undefined;
  for (const record of records) {
    const known = counts.of(record.topic);
    const message = messageOf(record, placing.partitionOf(record.key, typeof known === 'number' ? known : await known));
    if (current?.add(record.topic, message) === true) continue;
    current = new Portion();
    current.add(record.topic, message);
    portions.push(current);
  }
  return portions.map(({ byTopic }) =>
    [...byTopic].map(([topic, messages]) => ({ topic: names.topic(topic), messages })),
  );
}
