import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/**
 * Fault 7: offsets in a transaction carry no member and no generation, so that membership of the group keeps nobody out. The transactional id of the
 * partition does, and offsets are read only once the former owner is shut out.
 */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

test('a session asks for the committed offsets only when its fence is answered', async () => {
  const { outputs, admin } = rig.cluster;
  const output = await outputs.open(0);
  const before = rig.proxy.count('OffsetFetch');
  const fence = rig.proxy.keep('InitProducerId', 'late-reply');
  const positions = output.fence();
  await fence.arrived;
  // A round trip on the connection that asks for offsets: whatever was asked before it has been seen.
  await admin.admin.listTopics();
  expect(rig.proxy.count('OffsetFetch')).toBe(before);
  await fence.release();
  expect(await positions).toEqual({ input: null, cursor: null });
  expect(rig.proxy.count('OffsetFetch')).toBe(before + 1);
  await output.discard();
});

test('the unpatched client still has this fault', async () => {
  const groupId = rig.cluster.names.group('members-only');
  const topic = rig.cluster.names.topic('mmm.signals');
  const consumer = rig.unpatchedKafka().consumer({ groupId, maxWaitTimeInMs: 100 });
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: async () => Promise.resolve() });
  await joined.promise;

  const outsider = await rig.transactional(rig.unpatchedKafka());
  const transaction = await outsider.transaction();
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [{ topic, partitions: [{ partition: 0, offset: '7' }] }],
  });
  await transaction.commit();
  const [found] = await rig.cluster.admin.admin.fetchOffsets({ groupId, topics: [topic] });
  await consumer.disconnect();
  expectFault(
    found?.partitions[0]?.offset === '7',
    'a producer outside of a group moves the offsets of its members',
    'one transactional id per partition, once sendOffsets carries member and generation (KIP-447)',
  );
});
