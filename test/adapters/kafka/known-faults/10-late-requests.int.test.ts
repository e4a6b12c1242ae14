import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';
import { errorCodeOf } from '../support/replies.ts';

/**
 * Fault 10, of the transaction protocol that this client speaks: a request of one transaction that arrives late takes part in a later one of the same
 * epoch. So a session never aborts after an error: it ends, and its successor's fence raises the epoch.
 */
const rig = new FaultRig();
beforeAll(async () => rig.start(2));
afterAll(async () => rig.close());

const INVALID_PRODUCER_EPOCH = 47;

test('a commit that arrives late, in the middle of the transaction of the next session, is refused and ends nothing', async () => {
  const { outputs } = rig.cluster;
  const former = await outputs.open(0);
  await former.fence();
  const late = rig.proxy.keep('EndTxn', 'late-request');
  const lost = former.publish({ records: [record('mmm.decisions', 'a', 'former')], inputNext: 1n, cursor: 1n });
  await expect(lost).rejects.toMatchObject({ code: 'IN_DOUBT' });

  const owner = await outputs.open(0);
  expect(await owner.fence()).toEqual({ input: null, cursor: null });
  const middle = rig.proxy.keep('TxnOffsetCommit', 'late-reply');
  const published = owner.publish({ records: [record('mmm.decisions', 'a', 'owner')], inputNext: 1n, cursor: 1n });
  await middle.arrived;
  expect(errorCodeOf(await late.release())).toBe(INVALID_PRODUCER_EPOCH);
  await middle.release();
  await published;
  await owner.discard();
  // The late one and the owner's: the session that was in doubt asked for no abort.
  expect(rig.proxy.count('EndTxn')).toBe(2);
  expect(await rig.seen('mmm.decisions')).toEqual(['owner']);
});

test('records that arrive late, in the middle of the next transaction of the same session, are known by their sequence', async () => {
  const output = await rig.cluster.outputs.open(1);
  await output.fence();
  const late = rig.proxy.keep('Produce', 'late-request');
  await output.publish({ records: [record('mmm.outcomes', 'b', 'one')], inputNext: 1n, cursor: 1n });
  const middle = rig.proxy.keep('TxnOffsetCommit', 'late-reply');
  const published = output.publish({ records: [record('mmm.outcomes', 'b', 'two')], inputNext: 2n, cursor: 2n });
  await middle.arrived;
  await late.release();
  await middle.release();
  await published;
  await output.discard();
  expect(await rig.seen('mmm.outcomes')).toEqual(['one', 'two']);
});

test('the unpatched client still has this fault', async () => {
  const retry = { initialRetryTime: 1, maxRetryTime: 20, retries: 50 };
  const producer = await rig.transactional(rig.unpatchedKafka({ retry }));
  const topic = rig.cluster.names.topic('mmm.receipts');
  const late = rig.proxy.keep('Produce', 'late-request');
  rig.proxy.next('Produce', 'lose-request', retry.retries);
  const first = await producer.transaction();
  await expect(first.send({ topic, messages: [{ partition: 0, value: 'aborted' }] })).rejects.toThrow();
  await first.abort();
  const second = await producer.transaction();
  const own = rig.proxy.keep('Produce', 'slow-request');
  const sent = second.send({ topic, messages: [{ partition: 0, value: 'committed' }] });
  // By now the partition takes part in the second transaction.
  await own.arrived;
  await late.release();
  await own.release();
  await sent;
  await second.commit();
  expectFault(
    (await rig.seen('mmm.receipts')).join() === 'aborted',
    'an aborted record that arrives late is committed by the next transaction, in place of its own record',
    'KafkaSessionOutput may abort and go on, once the client speaks transaction protocol 2',
  );
});
