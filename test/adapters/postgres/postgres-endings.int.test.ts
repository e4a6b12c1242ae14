import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresEndings } from '../../../src/adapters/postgres/postgres-endings.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { purgeEndings } from '../../../src/adapters/postgres/retention.ts';
import { endingsContract } from '../../contracts/endings.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

endingsContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  return {
    journal: new PostgresJournal(database.pipeline, clock),
    queue: new PostgresEndings(database.pipeline),
    close: async () => await database.drop(),
  };
});

let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase();
});
afterAll(async () => {
  await database.drop();
});

test('closed matters and endings of more than a week go, what is open stays', async () => {
  await database.owner.query(`SET ROLE mmm_pipeline;
    INSERT INTO mmm_open_matters (tenant_id, matter, actor_id, actor_type, since_ms, until)
    SELECT 't', 'm' || n, 'a', 'human', 0, now() + (n - 2) * interval '1 day' + interval '1 hour' FROM generate_series(0, 3) n;
    INSERT INTO mmm_endings (tenant_id, matter, actor_id, at_ms, facts, created_at)
    SELECT 't', 'e' || n, 'a', 0, '{}', now() - n * interval '1 day' FROM generate_series(6, 9) n;
    RESET ROLE`);
  expect(await purgeEndings(database.pipeline)).toBe(2);
  const left = await database.pipeline.query<{ matter: string }>(
    'SELECT matter FROM mmm_open_matters UNION ALL SELECT matter FROM mmm_endings ORDER BY 1',
  );
  expect(left.map(({ matter }) => matter)).toEqual(['e6', 'e7', 'm2', 'm3']);
});
