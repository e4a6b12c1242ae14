import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresDeferralQueue } from '../../../src/adapters/postgres/postgres-deferral-queue.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { purgeDeferrals } from '../../../src/adapters/postgres/retention.ts';
import { deferralsContract } from '../../contracts/deferrals.ts';
import { makeDatabase, type TestDatabase } from './test-database.ts';

const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

deferralsContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  return {
    journal: new PostgresJournal(database.pipeline, clock),
    queue: new PostgresDeferralQueue(database.pipeline),
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

test('closed rows go after 31 days, what waits stays', async () => {
  for (const [status, age] of [
    ['done', 32],
    ['expired', 30],
    ['waiting', 400],
  ] as const)
    await database.owner.query(
      `SET ROLE mmm_pipeline; INSERT INTO mmm_deferrals (tenant_id, deferral_id, actor_id, decision_id, action_id, attempt, due_at, expires_at, status, facts, created_at)
       VALUES ('t', '${randomUUID()}', 'a', 'd', '${status}', 1, now(), now(), '${status}', '{}', now() - interval '${age} days'); RESET ROLE`,
    );
  expect(await purgeDeferrals(database.pipeline)).toBe(1);
  const rows = await database.pipeline.query<{ status: string }>('SELECT status FROM mmm_deferrals ORDER BY 1');
  expect(rows.map(({ status }) => status)).toEqual(['expired', 'waiting']);
});
