import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';
import { errorReply, partitionErrorReply } from '../support/replies.ts';

/** Fault 5: the client retries on names that its own table of error codes does not have, so that a coordinator that moves ends a transaction. */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

const CODES = [
  ['GROUP_LOAD_IN_PROGRESS', 14],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 15],
  ['NOT_COORDINATOR_FOR_GROUP', 16],
] as const;

test.each(CODES)('a session goes on when each of its coordinators answers %s', async (name, code) => {
  const output = await rig.cluster.outputs.open(0);
  const { cursor } = await output.fence();
  const next = (cursor ?? 0n) + 1n;
  const apis = ['AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'] as const;
  const before = apis.map((api) => rig.proxy.count(api));
  rig.proxy.next('AddPartitionsToTxn', partitionErrorReply(code));
  rig.proxy.next('AddOffsetsToTxn', errorReply(code));
  rig.proxy.next('TxnOffsetCommit', partitionErrorReply(code));
  rig.proxy.next('EndTxn', errorReply(code));
  await output.publish({ records: [record('mmm.decisions', 'a', name)], inputNext: next, cursor: next });
  expect(apis.map((api, i) => rig.proxy.count(api) - before[i]!)).toEqual([2, 2, 2, 2]);
  await output.discard();

  const later = await rig.cluster.outputs.open(0);
  expect(await later.fence()).toEqual({ input: next, cursor: next });
  await later.discard();
  expect((await rig.seen('mmm.decisions')).filter((value) => value === name)).toHaveLength(1);
});

test.each(CODES)('the unpatched client still has this fault: %s', async (name, code) => {
  const producer = await rig.transactional(rig.unpatchedKafka({ retry: { initialRetryTime: 1, maxRetryTime: 1 } }));
  const transaction = await producer.transaction();
  rig.proxy.next('TxnOffsetCommit', partitionErrorReply(code));
  const type = await transaction
    .sendOffsets({
      consumerGroupId: rig.cluster.names.group('other'),
      topics: [{ topic: rig.cluster.names.topic('mmm.signals'), partitions: [{ partition: 0, offset: '1' }] }],
    })
    .then(
      () => null,
      (error: { type?: string }) => error.type,
    );
  expectFault(type === name, `sendOffsets fails with ${name}`, 'the part of the patch in eosManager that retries it');
  await transaction.abort();
});
