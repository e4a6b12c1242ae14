import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from '../records.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/** Fault 8: brokers tell this client that it is fenced as INVALID_PRODUCER_EPOCH, never as PRODUCER_FENCED. */
const rig = new FaultRig();
beforeAll(async () => rig.start(1));
afterAll(async () => rig.close());

test('a session that lost its partition is told so by our code for it, and writes nothing', async () => {
  const { outputs } = rig.cluster;
  const former = await outputs.open(0);
  await former.fence();
  const owner = await outputs.open(0);
  await owner.fence();
  const publication = (value: string) => ({
    records: [record('mmm.decisions', 'a', value)],
    inputNext: 1n,
    cursor: 1n,
  });
  const refused = former.publish(publication('former'));
  await expect(refused).rejects.toMatchObject({ code: 'FENCED', details: { type: 'INVALID_PRODUCER_EPOCH' } });
  await owner.publish(publication('owner'));
  await owner.discard();
  expect(await rig.seen('mmm.decisions')).toEqual(['owner']);
});

test('the unpatched client still has this fault', async () => {
  const kafka = rig.unpatchedKafka();
  const topic = rig.cluster.names.topic('mmm.receipts');
  const former = await rig.transactional(kafka, 'same');
  const transaction = await former.transaction();
  await transaction.send({ topic, messages: [{ partition: 0, value: 'former' }] });
  const owner = await rig.transactional(kafka, 'same');
  await (await owner.transaction()).abort();
  const type = await transaction.commit().then(
    () => null,
    (error: { type?: string }) => error.type,
  );
  expectFault(
    type === 'INVALID_PRODUCER_EPOCH',
    'a fenced producer is told INVALID_PRODUCER_EPOCH',
    'that name in FENCED of client-errors.ts',
  );
});
