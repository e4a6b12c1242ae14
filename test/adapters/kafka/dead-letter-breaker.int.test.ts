import { commandBreaker, postgresBreakerStore } from '../../../src/adapters/postgres/breaker-store.ts';
import { readTopic } from '../../../src/adapters/kafka/topic-reader.ts';
import { deadLetterBreakerContract } from '../../contracts/dead-letter-breaker.ts';
import { makeDatabase } from '../postgres/test-database.ts';
import { TestCluster } from './cluster.ts';

deadLetterBreakerContract('Kafka', async () => {
  const cluster = new TestCluster();
  await cluster.start(2);
  const database = await makeDatabase();
  const { clients, admin, names } = cluster;
  return {
    source: (topics) => cluster.newIntake(topics),
    writer: cluster.writer,
    reader: {
      read: (topic, options, onRecord) =>
        readTopic({ kafka: clients.patient, admin: admin.admin, names }, topic, options, onRecord),
    },
    store: postgresBreakerStore(database.pipeline),
    tryNow: (channel, lane) => commandBreaker(database.pipeline, { channel, lane }, { tryNow: true }),
    close: async () => {
      await cluster.close();
      await database.drop();
    },
  };
});
