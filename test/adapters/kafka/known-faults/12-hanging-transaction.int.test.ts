import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DECIDE_GROUP } from '../../../../src/adapters/kafka/names.ts';
import { MmmError } from '../../../../src/errors.ts';
import { FaultRig, expectFault } from '../support/fault-rig.ts';

/**
 * Fault 12: the client can not ask for offsets in such a way that an open transaction over them is told (`require_stable`). A broker that was killed may
 * leave a transaction without its markers in the partition of the offsets, while readers see the records that belong to it: the cursor that is
 * committed is then older than what is out, and a session that started from it published again. Stood in for here by a transaction of somebody else.
 */
const rig = new FaultRig();
beforeAll(async () => rig.start(2));
afterAll(async () => rig.close());

const cursorAt = (offset: string) => ({
  consumerGroupId: rig.cluster.names.group(DECIDE_GROUP),
  topics: [{ topic: rig.cluster.names.topic('mmm.outbox'), partitions: [{ partition: 0, offset }] }],
});

const start = async (partition: number) => {
  const output = await rig.cluster.outputs.open(partition);
  try {
    return await output.fence();
  } finally {
    await output.discard();
  }
};

test('a session does not start from a cursor over which a transaction hangs; the other shards do, and it does once the transaction is ended', async () => {
  const first = await rig.cluster.outputs.open(0);
  await first.fence();
  await first.publish({ records: [], inputNext: 4n, cursor: 3n });
  await first.discard();
  const producer = await rig.transactional(rig.cluster.clients.patient);
  const hanging = await producer.transaction();
  await hanging.sendOffsets(cursorAt('9'));

  const refused = await start(0).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(MmmError);
  expect(refused).toMatchObject({ code: 'TRANSACTION_HANGING', details: { partition: 0 } });
  expect(await start(1)).toEqual({ input: null, cursor: null });

  await hanging.abort();
  expect(await start(0)).toEqual({ input: 4n, cursor: 3n });
});

test('the unpatched client still has this fault', async () => {
  const { admin } = rig.cluster.admin;
  const producer = await rig.transactional(rig.unpatchedKafka());
  const hanging = await producer.transaction();
  await hanging.sendOffsets(cursorAt('11'));
  const unpatched = rig.unpatchedKafka().admin();
  await unpatched.connect();
  const asked = {
    groupId: rig.cluster.names.group(DECIDE_GROUP),
    topics: [rig.cluster.names.topic('mmm.outbox')],
    requireStable: true,
  };
  const [told] = await unpatched.fetchOffsets(asked);
  const [truth] = await admin.fetchOffsets(asked);
  await unpatched.disconnect();
  await hanging.abort();
  expect(truth?.partitions.find(({ partition }) => partition === 0)).toMatchObject({ isStable: false });
  const found = told?.partitions.find(({ partition }) => partition === 0);
  expectFault(
    found?.offset === '3' && found.isStable === undefined,
    'offsets under an open transaction are answered as if nothing were open',
    'OffsetFetch version 7 in the patch',
  );
});
