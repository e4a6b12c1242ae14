import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { makeDatabase } from '../../adapters/postgres/test-database.ts';
import { recordOutcomeContract } from '../../contracts/record-outcome.ts';

recordOutcomeContract('journal in PostgreSQL', async () => {
  const database = await makeDatabase();
  const journal = new PostgresJournal(database.pipeline, {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
  });
  return { journal, close: async () => await database.drop() };
});
