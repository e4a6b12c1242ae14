import { LogIntakeSource } from '../../../src/adapters/embedded/log-intake-source.ts';
import { LogTopicReader } from '../../../src/adapters/embedded/log-topic-reader.ts';
import { partitionsBySetting } from '../../../src/adapters/embedded/log-topics.ts';
import { LogWriter } from '../../../src/adapters/embedded/log-writer.ts';
import { commandBreaker, postgresBreakerStore } from '../../../src/adapters/postgres/breaker-store.ts';
import { deadLetterBreakerContract } from '../../contracts/dead-letter-breaker.ts';
import { silent } from '../postgres/silent-logger.ts';
import { makeDatabase } from '../postgres/test-database.ts';

const clock = { now: (): number => Date.now(), monotonicMs: (): number => performance.now() };

deadLetterBreakerContract('the embedded log', async () => {
  const database = await makeDatabase();
  return {
    source: (topics) => new LogIntakeSource({ database: database.pipeline, topics, logger: silent }),
    writer: new LogWriter(database.pipeline, clock, partitionsBySetting(6)),
    reader: new LogTopicReader(database.pipeline),
    store: postgresBreakerStore(database.pipeline),
    tryNow: (channel, lane) => commandBreaker(database.pipeline, { channel, lane }, { tryNow: true }),
    close: async () => await database.drop(),
  };
});
