import type { TopicName } from '../../generated/topics.ts';
import type { OutputSample } from './candidates.ts';
import type { BenchWorld } from './world.ts';

const OUTPUTS: readonly TopicName[] = ['mmm.decisions', 'mmm.delivery.ide', 'mmm.receipts'];

/** One record of each output of the engine: what the bare pipeline is to write instead. */
export const sampleOutputs = async (world: BenchWorld): Promise<readonly OutputSample[]> => {
  const found = new Map<string, OutputSample>();
  const consumer = world.clients.patient.consumer({ groupId: 'bench-samples', readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topics: OUTPUTS.map((topic) => world.names.topic(topic)), fromBeginning: true });
  const complete = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ topic, message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
      found.set(topic, { bytes: message.value?.length ?? 0, headers: Object.fromEntries(headers) });
      if (found.size === OUTPUTS.length) complete.resolve();
      return Promise.resolve();
    },
  });
  await complete.promise;
  await consumer.disconnect();
  return OUTPUTS.map((topic) => found.get(world.names.topic(topic)) ?? { bytes: 0, headers: {} });
};
