import { expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { KafkaNames } from '../../../src/adapters/kafka/names.ts';
import { PartitionCounts } from '../../../src/adapters/kafka/partition-counts.ts';
import { sendable } from '../../../src/adapters/kafka/produce.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';

const names = new KafkaNames('');
const countsOf = (partitions: number): PartitionCounts => {
  const answer = {
    topics: [{ name: 'mmm.receipts', partitions: Array.from({ length: partitions }, () => ({})) }],
  };
  const admin = { fetchTopicMetadata: () => Promise.resolve(answer) } as unknown as Admin;
  return new PartitionCounts(admin, names, { now: () => 0, monotonicMs: () => 0 });
};
const receipts = (count: number, bytes: number): OutputRecord[] =>
  Array.from({ length: count }, (_, at) => ({
    topic: 'mmm.receipts',
    key: 'acme|dev1',
    value: Buffer.alloc(bytes, at % 256),
    headers: { 'mmm-schema': 'receipt', at: String(at) },
  }));

test('no batch of a partition is over what a broker takes as one (1 MiB), and the order stays', async () => {
  const records = receipts(700, 3_000);
  const portions = await sendable(records, names, countsOf(1));
  const sent = portions.map((portion) => portion.flatMap(({ messages }) => messages));
  for (const messages of sent) {
    expect(messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)).toBeLessThan(1_000_000);
  }
  expect(sent.flat().map(({ headers }) => headers?.['at'])).toEqual(records.map(({ headers }) => headers['at']));
});

test('one record over the size goes alone, and is for the broker to judge', async () => {
  const portions = await sendable([...receipts(1, 950_000), ...receipts(2, 10)], names, countsOf(1));
  expect(portions.map((portion) => portion[0]?.messages.length)).toEqual([1, 2]);
});

test('small records of many partitions share a request', async () => {
  expect(await sendable(receipts(900, 100), names, countsOf(6))).toHaveLength(1);
});
