import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';
import { errorReply, initProducerIdError, partitionErrorReply } from '../support/replies.ts';

/**
 * Fault 6: while the broker completes one transaction it answers CONCURRENT_TRANSACTIONS to the next. The transaction manager never got the client's
 * retry settings: it waited 300 ms, 600 ms ... and gave up after five. Told by the number of requests, not by time.
 */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

const CONCURRENT_TRANSACTIONS = 51;
/** More than the five retries of the client's default (15 where NODE_ENV is test), fewer than the 200 of ours. */
const REFUSED = 30;

test('a session asks again with the settings of the transactional client, at its fence and at each step', async () => {
  const apis = ['InitProducerId', 'AddPartitionsToTxn', 'AddOffsetsToTxn'] as const;
  const before = apis.map((api) => rig.proxy.count(api));
  rig.proxy.next('InitProducerId', initProducerIdError(CONCURRENT_TRANSACTIONS), REFUSED);
  rig.proxy.next('AddPartitionsToTxn', partitionErrorReply(CONCURRENT_TRANSACTIONS), REFUSED);
  rig.proxy.next('AddOffsetsToTxn', errorReply(CONCURRENT_TRANSACTIONS), REFUSED);
  const output = await rig.cluster.outputs.open(0);
  await output.fence();
  await output.publish({ records: [record('mmm.decisions', 'a', 'A')], inputNext: 1n, cursor: 1n });
  await output.discard();
  expect(apis.map((api, i) => rig.proxy.count(api) - before[i]!)).toEqual([REFUSED + 1, REFUSED + 1, REFUSED + 1]);
  expect(await rig.seen('mmm.decisions')).toEqual(['A']);
});

test('the unpatched client still has this fault', async () => {
  const kafka = rig.unpatchedKafka({ retry: { initialRetryTime: 1, maxRetryTime: 20, retries: 200 } });
  const producer = await rig.transactional(kafka);
  const before = rig.proxy.count('InitProducerId');
  rig.proxy.next('InitProducerId', initProducerIdError(CONCURRENT_TRANSACTIONS), REFUSED);
  const gaveUp = await producer.transaction().then(
    () => false,
    () => true,
  );
  expectFault(
    gaveUp && rig.proxy.count('InitProducerId') - before <= REFUSED,
    "the transaction manager has retries of its own, whatever the client's settings are",
    'the line of the patch in cluster/index.js that hands them over',
  );
});
