import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/** Fault 4: after a commit that failed the producer stays in COMMITTING for ever. A session is dead at its first error, and the next is another producer. */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

test.each([
  ['the reply to the commit is lost', 'lose-reply', true],
  ['the commit itself is lost', 'lose-request', false],
] as const)('%s: in doubt, and the next fence says what had won', async (name, fate, won) => {
  const { outputs } = rig.cluster;
  const first = await outputs.open(0);
  const before = await first.fence();
  const next = (before.cursor ?? 0n) + 1n;
  rig.proxy.next('EndTxn', fate);
  const publication = { records: [record('mmm.decisions', 'a', name)], inputNext: next, cursor: next };
  await expect(first.publish(publication)).rejects.toMatchObject({ code: 'IN_DOUBT' });
  // Refused by us, before the client is asked: its own state would let some calls through.
  await expect(first.publish(publication)).rejects.toThrow('session output is dead');
  await first.discard();

  const second = await outputs.open(0);
  const after = await second.fence();
  expect(after.cursor).toBe(won ? next : before.cursor);
  expect(after.input).toBe(after.cursor);
  if (!won) await second.publish(publication);
  await second.discard();
  expect((await rig.seen('mmm.decisions')).filter((value) => value === name)).toHaveLength(1);
});

test('the unpatched client still has this fault', async () => {
  const producer = await rig.transactional(rig.unpatchedKafka());
  const transaction = await producer.transaction();
  await transaction.send({ topic: rig.cluster.names.topic('mmm.receipts'), messages: [{ partition: 0, value: 'A' }] });
  rig.proxy.next('EndTxn', 'lose-reply');
  await expect(transaction.commit()).rejects.toThrow();
  const isWedged = await producer.transaction().then(
    () => false,
    () => true,
  );
  expectFault(isWedged, 'a failed commit wedges the producer', 'KafkaSessionOutput need not end with its first error');
});
