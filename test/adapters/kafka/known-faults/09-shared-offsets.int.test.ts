import type { Kafka, Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/** Fault 9: producers and consumers of one client object share a map of offsets, in which sendOffsets writes before anything is committed. */
const rig = new FaultRig();
const RECORDS = 5;
beforeAll(async () => {
  await rig.start(1);
  const values = Array.from({ length: RECORDS }, (_, i) => record('mmm.signals', 'k', String(i)));
  await rig.cluster.writer.append(values);
});
afterAll(async () => rig.close());

/** Where a member of the group begins that joined, fetched nothing yet, and saw a transaction send offset 3 and abort. */
async function startAfterAbort(consumers: Kafka, producer: Producer, groupId: string): Promise<string> {
  const topic = rig.cluster.names.topic('mmm.signals');
  const consumer = consumers.consumer({ groupId, maxWaitTimeInMs: 100 });
  const joined = Promise.withResolvers<void>();
  const first = Promise.withResolvers<string>();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    // As our own group does: nothing is fetched before a session says from where.
    consumer.pause([{ topic, partitions: [0] }]);
    joined.resolve();
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      first.resolve(batch.messages[0]?.offset ?? 'none');
      return Promise.resolve();
    },
  });
  await joined.promise;
  const transaction = await producer.transaction();
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [{ topic, partitions: [{ partition: 0, offset: '3' }] }],
  });
  await transaction.abort();
  consumer.resume([{ topic, partitions: [0] }]);
  const start = await first.promise;
  await consumer.disconnect();
  return start;
}

test('consumers of the client for groups begin at the committed offset, whatever the client for transactions sent', async () => {
  const { patient, transactional } = rig.cluster.clients;
  const producer = await rig.transactional(transactional);
  expect(await startAfterAbort(patient, producer, rig.cluster.names.group('product'))).toBe('0');
});

test('a session whose offsets were never committed leaves its successor and the group at the old ones', async () => {
  const { outputs } = rig.cluster;
  const first = await outputs.open(0);
  await first.fence();
  rig.proxy.next('EndTxn', 'lose-request');
  await expect(first.publish({ records: [], inputNext: 3n, cursor: 3n })).rejects.toMatchObject({ code: 'IN_DOUBT' });
  const second = await outputs.open(0);
  expect(await second.fence()).toEqual({ input: null, cursor: null });
  await second.discard();
});

test('the unpatched client still has this fault', async () => {
  const kafka = rig.unpatchedKafka();
  const producer = await rig.transactional(kafka);
  const start = await startAfterAbort(kafka, producer, rig.cluster.names.group('published'));
  expectFault(
    start === '3',
    'a consumer begins at an offset that was never committed',
    'two client objects in connection.ts',
  );
});
