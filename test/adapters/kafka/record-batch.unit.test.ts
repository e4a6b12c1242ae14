import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Message } from 'kafkajs';
import { requireClient } from '../../../src/adapters/kafka/patched-client.ts';
import { encodeRecordBatch } from '../../../src/adapters/kafka/record-batch.ts';

interface Written {
  readonly buffer: Buffer;
}
type Encode = (facts: object) => Written | Promise<Written>;

// The client's own writers, which have no types.
const { RecordBatch } = requireClient('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch: Encode };
const Record = requireClient('kafkajs/src/protocol/recordBatch/record/v0') as Encode;
const Long = requireClient('kafkajs/src/utils/long') as { fromValue(value: bigint): { toString(): string } };

const NOW = Date.parse('2026-03-04T12:00:00Z');

/** With length and first offset, as the request holds it. */
const asTheClientWrites = async (
  messages: readonly Message[],
  facts: Parameters<typeof encodeRecordBatch>[1],
): Promise<Buffer> => {
  const records = messages.map((message, offsetDelta) => Record({ ...message, offsetDelta, timestampDelta: 0 }));
  const { buffer } = await RecordBatch({
    ...facts,
    firstTimestamp: facts.timestampMs,
    maxTimestamp: facts.timestampMs,
    records,
    lastOffsetDelta: records.length - 1,
  });
  return buffer;
};

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 200 }));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const headers = fc.dictionary(text, fc.oneof(text, bytes, fc.array(fc.oneof(text, bytes), { maxLength: 3 })), {
  maxKeys: 6,
});
const message = fc.record({
  key: fc.oneof(fc.constant(null), text, bytes),
  value: fc.oneof(fc.constant(null), text, bytes),
  headers: fc.oneof(fc.constant(undefined), headers),
});
const facts = fc.record({
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map((id) => Long.fromValue(id)),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  firstSequence: fc.integer({ min: 0, max: 2_147_483_647 }),
  transactional: fc.boolean(),
  timestampMs: fc.integer({ min: 0, max: NOW * 2 }),
});

test('a batch is byte for byte what the client writes, whatever is in it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), facts, async (messages, about) => {
      const given = messages as unknown as Message[];
      expect(encodeRecordBatch(given, about).equals(await asTheClientWrites(given, about))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('also where lengths and numbers take more bytes: 70,000 bytes of value, 300 records', async () => {
  const about = { producerId: 7n, producerEpoch: 1, firstSequence: 5, transactional: true, timestampMs: NOW };
  const many = Array.from({ length: 300 }, (_, at) => ({
    key: `acme|dev${at}`,
    value: at === 299 ? Buffer.alloc(70_000, 'x') : Buffer.from('small'),
    headers: { at: String(at) },
  }));
  const client = { ...about, producerId: Long.fromValue(7n) };
  expect(encodeRecordBatch(many, about).equals(await asTheClientWrites(many, client))).toBe(true);
});

test('the patched request takes the batch from the messages that bring their own encoder, and from no others', async () => {
  const request = requireClient('kafkajs/src/protocol/requests/produce/v3/request') as (facts: object) => {
    encode(): Promise<Written>;
  };
  const asked: number[] = [];
  const own = (messages: readonly Message[], about: Parameters<typeof encodeRecordBatch>[1]): Buffer => {
    asked.push(messages.length);
    return encodeRecordBatch(messages, { ...about, timestampMs: NOW });
  };
  const topicData = (encodeBatch: typeof own | undefined) => [
    {
      topic: 't',
      partitions: [{ partition: 3, firstSequence: 9, messages: [{ key: 'k', value: 'v', headers: {}, encodeBatch }] }],
    },
  ];
  const producer = { acks: -1, timeout: 1, transactionalId: 'x', producerId: Long.fromValue(4n), producerEpoch: 2 };
  const { buffer } = await request({ ...producer, topicData: topicData(own) }).encode();
  const plain = await request({ ...producer, topicData: topicData(undefined) }).encode();
  expect(asked).toEqual([1]);
  // All but checksum and times.
  expect(buffer).toHaveLength(plain.buffer.length);
  expect(buffer.subarray(0, 40).equals(plain.buffer.subarray(0, 40))).toBe(true);
  expect(buffer.subarray(-20).equals(plain.buffer.subarray(-20))).toBe(true);
});
