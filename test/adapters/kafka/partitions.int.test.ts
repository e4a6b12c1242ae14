import { partitionsContract } from '../../contracts/partitions.ts';
import { kcatConsume } from '../../infra/kcat.ts';
import { TestCluster, brokers } from './cluster.ts';

const PARTITIONS = 3;

// Read back with an independent client: ours has had faults of its own in read_committed.
partitionsContract('kafka', async () => {
  const cluster = new TestCluster();
  await cluster.start(PARTITIONS);
  return {
    writer: cluster.writer,
    outputs: cluster.outputs,
    newGroup: () => cluster.newGroup(),
    partitions: PARTITIONS,
    read: async (topic) => {
      const records = await kcatConsume({ topic: cluster.names.topic(topic), brokers: brokers() });
      return records.map(({ key, value, headers }) => {
        const [name, header] = headers.split('=', 2);
        return { key, value, headers: name === undefined || header === undefined ? {} : { [name]: header } };
      });
    },
    close: async () => cluster.close(),
  };
});
