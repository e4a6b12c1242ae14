import type { Message, TopicMessages } from 'kafkajs';
import { partitionOf } from '../../domain/partitioner.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { asBuffer, writeHeader } from './headers.ts';
import type { KafkaNames } from './names.ts';
import type { PartitionCounts } from './partition-counts.ts';

/** The client groups records by partition with a copy per record: 1,000 take 3 ms, 10,000 took 90. */
export const MAX_RECORDS_PER_SEND = 1_000;

/** Every record names its partition, so the client's own choice (drawn again at each retry) is never asked. */
export const chosenPartition = () => {
  return ({ message }: { message: Message }): number => {
    if (message.partition === undefined) throw new Error('a record without a partition reached the client');
    return message.partition;
  };
};

let keyless = 0;

function partitionFor(key: OutputRecord['key'], count: number): number {
  if (key !== null) return partitionOf(key, count);
  // No key, no order to keep: dead letters of such records are spread.
  keyless = (keyless + 1) % count;
  return keyless;
}

function messageOf(record: OutputRecord, partition: number): Message {
  const { key, value, headers } = record;
  return {
    key: key === null || typeof key === 'string' ? key : asBuffer(key),
    value: value === null ? null : asBuffer(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, writeHeader(header)])),
    partition,
  };
}

/** Records as the client wants them, in their order, in portions of at most MAX_RECORDS_PER_SEND. */
export async function sendable(
  records: readonly OutputRecord[],
  names: KafkaNames,
  counts: PartitionCounts,
): Promise<readonly TopicMessages[][]> {
  const portions: TopicMessages[][] = [];
  for (let from = 0; from < records.length; from += MAX_RECORDS_PER_SEND) {
    const byTopic = new Map<TopicName, Message[]>();
    for (const record of records.slice(from, from + MAX_RECORDS_PER_SEND)) {
      const message = messageOf(record, partitionFor(record.key, await counts.of(record.topic)));
      const messages = byTopic.get(record.topic);
      if (messages === undefined) byTopic.set(record.topic, [message]);
      else messages.push(message);
    }
    portions.push([...byTopic].map(([topic, messages]) => ({ topic: names.topic(topic), messages })));
  }
  return portions;
}
