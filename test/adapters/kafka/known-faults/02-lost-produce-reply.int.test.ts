import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/** Fault 2: after a lost reply the client sends a batch again under a sequence that the next batch got meanwhile: one twice, the other never. */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

test('the record writer: a lost reply loses no record and doubles none, however many callers wait', async () => {
  const { writer } = rig.cluster;
  await writer.append([record('mmm.dlq', 'k', 'first')]);
  rig.proxy.next('Produce', 'lose-reply');
  const before = rig.proxy.count('Produce');
  const one = writer.append([record('mmm.dlq', 'k', 'A')]);
  // The first is on its way: what comes now waits for its end, and is as many records.
  await Promise.resolve();
  const two = writer.append([record('mmm.dlq', 'k', 'B')]);
  await Promise.all([one, two]);
  expect(await rig.seen('mmm.dlq')).toEqual(['first', 'A', 'B']);
  // Both were asked for, and one of them again: else nothing was lost here.
  expect(rig.proxy.count('Produce') - before).toBe(3);
});

test('a session: a lost reply to the records is asked again within the transaction, written once', async () => {
  const output = await rig.cluster.outputs.open(0);
  await output.fence();
  rig.proxy.next('Produce', 'lose-reply');
  const records = ['p1', 'p2', 'p3'].map((value) => record('mmm.decisions', 'b', value));
  await output.publish({ records, inputNext: 1n, cursor: 1n });
  await output.discard();
  expect(await rig.seen('mmm.decisions')).toEqual(['p1', 'p2', 'p3']);
});

test('the unpatched client still has this fault', async () => {
  const kafka = rig.unpatchedKafka({ retry: { initialRetryTime: 3_000, maxRetryTime: 3_000, retries: 3 } });
  const producer = await rig.connected(kafka.producer({ idempotent: true, maxInFlightRequests: 1 }));
  const topic = rig.cluster.names.topic('mmm.receipts');
  const send = async (value: string) => producer.send({ topic, messages: [{ partition: 0, value }] });
  rig.proxy.next('Produce', 'lose-reply');
  // Both are acknowledged in the end.
  await Promise.all([send('A'), send('B')]);
  const log = await rig.seen('mmm.receipts');
  // Which of the two goes first is the client's own choice.
  expectFault(
    log.length === 2 && log[0] === log[1],
    'two sends at once and a lost reply: one record twice, the other lost',
    'KafkaRecordWriter may send more than one batch at a time, and keep its producer after an error',
  );
});
