import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { record } from './records.ts';
import { kcatConsume } from '../../infra/kcat.ts';
import { TestCluster, brokers } from './cluster.ts';

const cluster = new TestCluster();
beforeAll(async () => cluster.start(2));
afterAll(async () => cluster.close());

const seen = async (): Promise<string[]> => {
  const records = await kcatConsume({ topic: cluster.names.topic('mmm.decisions'), brokers: brokers() });
  return records.map(({ value }) => String(value));
};

test('a broken transaction of a dead owner is not seen, and its successor does not wait for the timeout', async () => {
  const dead = cluster.clients.transactional.producer({
    transactionalId: cluster.names.transactionalId(1),
    transactionTimeout: 60_000,
    maxInFlightRequests: 1,
  });
  await dead.connect();
  const former = await cluster.outputs.open(1);
  await former.fence();
  await former.publish({ records: [], inputNext: 1n, cursor: 1n });
  await former.discard();
  const open = await dead.transaction();
  const topic = cluster.names.topic('mmm.decisions');
  await open.send({ topic, messages: [{ partition: 0, value: 'half' }] });
  const owner = await cluster.outputs.open(1);
  expect(await owner.fence()).toEqual({ input: 1n, cursor: 1n });
  await owner.publish({ records: [record('mmm.decisions', 'b', 'whole')], inputNext: 2n, cursor: 2n });
  await owner.discard();
  const values = await seen();
  expect(values).toContain('whole');
  expect(values).not.toContain('half');
  await dead.disconnect();
});

test('more records than one send holds keep their order', async () => {
  const values = Array.from({ length: 2_500 }, (_, i) => `n${i}`);
  const output = await cluster.outputs.open(1);
  await output.fence();
  const records = values.map((value) => record('mmm.decisions', 'c', value));
  await output.publish({ records, inputNext: 3n, cursor: 3n });
  await output.discard();
  expect((await seen()).filter((value) => value.startsWith('n'))).toEqual(values);
});
