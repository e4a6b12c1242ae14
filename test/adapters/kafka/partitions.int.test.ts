import { partitionsContract } from '../../contracts/partitions.ts';
import { kcatConsume } from '../../infra/kcat.ts';
import { TestCluster, brokers } from './cluster.ts';

const PARTITIONS = 4;

// Read back with an independent client: ours has had faults of its own in read_committed.
partitionsContract('kafka', async () => {
  const cluster = new TestCluster();
  await cluster.start(PARTITIONS);
  return {
    writer: cluster.writer,
    outputs: cluster.outputs,
    group: cluster.newGroup(),
    readAll: async (topic) => {
      const records = await kcatConsume({ topic: cluster.names.topic(topic), brokers: brokers() });
      return records.map(({ key, value, offset }) => ({
        key,
        value,
        offset: BigInt(offset),
        headers: {},
        timestampMs: 0,
      }));
    },
    close: async () => cluster.close(),
  };
});
