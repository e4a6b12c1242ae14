import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/** Fault 3: an idempotent producer is said to retry for ever, gives up after a few attempts with its sequences rolled back, and then swallows. */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

/** The first and ten retries: the setting of clients that are patient, in connection.ts. */
const ATTEMPTS = 11;

test('the record writer: when its attempts run out it says so, and the record after it is not taken for it', async () => {
  const { writer } = rig.cluster;
  rig.proxy.next('Produce', 'lose-reply', ATTEMPTS);
  await expect(writer.append([record('mmm.dlq', 'k', 'A')])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  expect(rig.proxy.count('Produce')).toBe(ATTEMPTS);
  await writer.append([record('mmm.dlq', 'k', 'B')]);
  // A is in doubt for its caller, who asks again (intake is idempotent); B was acknowledged, so it has to be there.
  expect(await rig.seen('mmm.dlq')).toEqual(['A', 'B']);
});

test('the unpatched client still has this fault', async () => {
  const kafka = rig.unpatchedKafka({ retry: { initialRetryTime: 1, maxRetryTime: 1, retries: 5 } });
  const producer = await rig.connected(kafka.producer({ idempotent: true, maxInFlightRequests: 1 }));
  const topic = rig.cluster.names.topic('mmm.receipts');
  const send = async (value: string) => producer.send({ topic, messages: [{ partition: 0, value }] });
  const before = rig.proxy.count('Produce');
  rig.proxy.next('Produce', 'lose-reply', 6);
  const gaveUp = await send('A').then(
    () => false,
    () => true,
  );
  expectFault(
    gaveUp && rig.proxy.count('Produce') - before === 6,
    'an idempotent producer gives up after 5 retries',
    'the retry settings of connection.ts no longer bound it',
  );
  await send('B');
  expectFault(
    (await rig.seen('mmm.receipts')).join() === 'A',
    'the send after one that was given up is acknowledged and never written',
    'KafkaRecordWriter may keep its producer after an error',
  );
});
